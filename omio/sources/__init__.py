"""Sources: what a path stands for (a file, a list, a folder, a stack of folders), and which of its files are images."""
