"""What a path stands for: a file, a list, a folder, a stack of folders; which of its files are images."""
