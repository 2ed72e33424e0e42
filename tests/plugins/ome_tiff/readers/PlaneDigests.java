// What Bio-Formats sees in files: one JSON object a line on standard output, for each path on standard input.
//
// Everything is asked of loci.formats.ImageReader, as Bio-Formats' own programs do; what it logs (warnings and worse)
// comes back under "log". Planes are listed with C fastest, then Z, then T, whatever the file's order; a plane's digest
// is the SHA-256 of the bytes that openBytes gives.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loci.common.DebugTools;
import loci.common.services.ServiceFactory;
import loci.formats.FormatTools;
import loci.formats.ImageReader;
import loci.formats.ome.OMEXMLMetadata;
import loci.formats.services.OMEXMLService;
import ome.units.quantity.Quantity;
import ome.xml.meta.OMEXMLMetadataRoot;
import ome.xml.model.primitives.Color;
import ome.xml.model.primitives.Timestamp;

public final class PlaneDigests {
    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // whatever a library prints must not mix with the answers
        DebugTools.enableLogging("WARN");
        OMEXMLService service = new ServiceFactory().getInstance(OMEXMLService.class);
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String path = paths.readLine(); path != null; path = paths.readLine()) {
            ByteArrayOutputStream log = new ByteArrayOutputStream();
            System.setOut(new PrintStream(log, true, StandardCharsets.UTF_8));
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("path", path);
            try {
                read(path, service.createOMEXMLMetadata(), answer);
            } catch (Exception | Error problem) { // one file must not cost the answers about the others
                answer.put("error", problem.toString());
            }
            answer.put("log", log.toString(StandardCharsets.UTF_8).strip());
            answers.println(json(answer));
        }
    }

    private static void read(String path, OMEXMLMetadata metadata, Map<String, Object> answer) throws Exception {
        try (ImageReader reader = new ImageReader()) {
            reader.setFlattenedResolutions(false);
            reader.setMetadataStore(metadata);
            reader.setId(path);
            answer.put("format", reader.getFormat());
            answer.put("files", List.of(reader.getUsedFiles()).size());
            List<Object> series = new ArrayList<>();
            for (int index = 0; index < reader.getSeriesCount(); index++) {
                reader.setSeries(index);
                series.add(image(reader, metadata, index));
            }
            answer.put("series", series);
            answer.put("annotations", annotations(metadata));
        }
    }

    private static Map<String, Object> image(ImageReader reader, OMEXMLMetadata metadata, int index) throws Exception {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("sizes", List.of(
            reader.getSizeT(), reader.getSizeZ(), reader.getSizeC(), reader.getSizeY(), reader.getSizeX()));
        found.put("order", reader.getDimensionOrder());
        found.put("type", FormatTools.getPixelTypeString(reader.getPixelType()));
        found.put("little", reader.isLittleEndian());
        found.put("samples", reader.getRGBChannelCount());
        found.put("interleaved", reader.isInterleaved());
        found.put("name", metadata.getImageName(index));
        found.put("date", text(metadata.getImageAcquisitionDate(index)));
        found.put("x", quantity(metadata.getPixelsPhysicalSizeX(index)));
        found.put("y", quantity(metadata.getPixelsPhysicalSizeY(index)));
        found.put("z", quantity(metadata.getPixelsPhysicalSizeZ(index)));
        found.put("increment", quantity(metadata.getPixelsTimeIncrement(index)));
        List<Object> channels = new ArrayList<>();
        for (int channel = 0; channel < metadata.getChannelCount(index); channel++) {
            Map<String, Object> one = new LinkedHashMap<>();
            Color color = metadata.getChannelColor(index, channel);
            one.put("name", metadata.getChannelName(index, channel));
            one.put("color", color == null ? null : color.getValue());
            one.put("fluor", metadata.getChannelFluor(index, channel));
            one.put("excitation", quantity(metadata.getChannelExcitationWavelength(index, channel)));
            one.put("emission", quantity(metadata.getChannelEmissionWavelength(index, channel)));
            channels.add(one);
        }
        found.put("channels", channels);
        found.put("planes", planes(metadata, index));
        List<Object> levels = new ArrayList<>();
        for (int level = 0; level < reader.getResolutionCount(); level++) {
            reader.setResolution(level);
            levels.add(level(reader));
        }
        found.put("levels", levels);
        return found;
    }

    private static List<Object> planes(OMEXMLMetadata metadata, int index) {
        List<Object> found = new ArrayList<>();
        for (int plane = 0; plane < metadata.getPlaneCount(index); plane++) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("at", List.of(
                metadata.getPlaneTheT(index, plane).getValue(),
                metadata.getPlaneTheZ(index, plane).getValue(),
                metadata.getPlaneTheC(index, plane).getValue()));
            one.put("delta", quantity(metadata.getPlaneDeltaT(index, plane)));
            one.put("exposure", quantity(metadata.getPlaneExposureTime(index, plane)));
            one.put("x", quantity(metadata.getPlanePositionX(index, plane)));
            one.put("y", quantity(metadata.getPlanePositionY(index, plane)));
            one.put("z", quantity(metadata.getPlanePositionZ(index, plane)));
            found.add(one);
        }
        return found;
    }

    private static Map<String, Object> level(ImageReader reader) throws Exception {
        List<Object> digests = new ArrayList<>();
        for (int t = 0; t < reader.getSizeT(); t++) {
            for (int z = 0; z < reader.getSizeZ(); z++) {
                for (int c = 0; c < reader.getEffectiveSizeC(); c++) {
                    byte[] bytes = reader.openBytes(reader.getIndex(z, c, t));
                    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
                    StringBuilder hexadecimal = new StringBuilder();
                    for (byte one : digest) {
                        hexadecimal.append(String.format("%02x", one));
                    }
                    digests.add(hexadecimal.toString());
                }
            }
        }
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("size", List.of(reader.getSizeY(), reader.getSizeX()));
        found.put("tile", List.of(reader.getOptimalTileHeight(), reader.getOptimalTileWidth()));
        found.put("digests", digests);
        return found;
    }

    private static Map<String, Object> annotations(OMEXMLMetadata metadata) {
        Map<String, Object> found = new LinkedHashMap<>();
        if (((OMEXMLMetadataRoot) metadata.getRoot()).getStructuredAnnotations() == null) {
            return found; // the count below fails where there are none
        }
        for (int index = 0; index < metadata.getMapAnnotationCount(); index++) {
            Map<String, Object> pairs = new LinkedHashMap<>();
            metadata.getMapAnnotationValue(index).forEach(pair -> pairs.put(pair.getName(), pair.getValue()));
            found.put(String.valueOf(metadata.getMapAnnotationNamespace(index)), pairs);
        }
        return found;
    }

    private static List<Object> quantity(Quantity quantity) {
        return quantity == null ? null : List.of(quantity.value().doubleValue(), quantity.unit().getSymbol());
    }

    private static String text(Timestamp timestamp) {
        return timestamp == null ? null : timestamp.getValue();
    }

    private static String json(Object value) {
        StringBuilder out = new StringBuilder();
        if (value instanceof Map) {
            ((Map<?, ?>) value).forEach((key, one) ->
                out.append(out.length() == 0 ? "" : ", ").append(json(key)).append(": ").append(json(one)));
            return "{" + out + "}";
        }
        if (value instanceof List) {
            ((List<?>) value).forEach(one -> out.append(out.length() == 0 ? "" : ", ").append(json(one)));
            return "[" + out + "]";
        }
        if (!(value instanceof String)) {
            return String.valueOf(value); // numbers, booleans, null
        }
        for (char one : ((String) value).toCharArray()) {
            out.append(one < 32 || one == '"' || one == '\\' ? String.format("\\u%04x", (int) one) : one);
        }
        return "\"" + out + "\"";
    }
}
