// What ImageJ 1 sees in files without any plugin, as when they are dropped on its window: one JSON object a line on
// standard output, for each path on standard input. A slice's digest is the SHA-256 of its little-endian
// values; where the calibration says that they are signed, of the values that it gives.

import ij.ImagePlus;
import ij.io.Opener;
import ij.measure.Calibration;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

public final class PlainImageJ {
    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // ImageJ prints its messages where there is no window
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String path = paths.readLine(); path != null; path = paths.readLine()) {
            ImagePlus image = new Opener().openImage(path);
            answers.println("{\"path\": " + json(path) + (image == null ? "" : seen(image)) + "}");
        }
    }

    private static String seen(ImagePlus image) throws Exception {
        Calibration calibration = image.getCalibration();
        StringBuilder digests = new StringBuilder();
        for (int slice = 1; slice <= image.getStackSize(); slice++) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes(image.getStack().getPixels(slice), calibration));
            digests.append(slice == 1 ? "\"" : ", \"");
            for (byte one : digest) {
                digests.append(String.format("%02x", one));
            }
            digests.append('"');
        }
        return String.format(
            ", \"sizes\": [%d, %d, %d, %d, %d], \"bits\": %d, \"hyperstack\": %b, \"composite\": %b, \"signed\": %b",
            image.getNFrames(), image.getNSlices(), image.getNChannels(), image.getHeight(), image.getWidth(),
            image.getBitDepth(), image.isHyperStack(), image.isComposite(), calibration.isSigned16Bit())
            + ", \"x\": " + calibration.pixelWidth + ", \"y\": " + calibration.pixelHeight
            + ", \"z\": " + calibration.pixelDepth + ", \"unit\": " + json(calibration.getUnit())
            + ", \"interval\": " + calibration.frameInterval + ", \"digests\": [" + digests + "]";
    }

    private static byte[] bytes(Object pixels, Calibration calibration) {
        if (pixels instanceof byte[]) {
            return (byte[]) pixels;
        }
        if (pixels instanceof short[]) {
            short[] values = (short[]) pixels;
            ByteBuffer out = ByteBuffer.allocate(values.length * 2).order(ByteOrder.LITTLE_ENDIAN);
            for (short value : values) {
                int stored = value & 0xffff;
                out.putShort((short) (calibration.isSigned16Bit() ? calibration.getCValue(stored) : stored));
            }
            return out.array();
        }
        float[] values = (float[]) pixels;
        ByteBuffer out = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        out.asFloatBuffer().put(values);
        return out.array();
    }

    private static String json(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            out.append(one < 32 || one == '"' || one == '\\' ? String.format("\\u%04x", (int) one) : one);
        }
        return out.append('"').toString();
    }
}
