package io.gridseal.flink;

/** Why a message is refused: what, the value, what is allowed. Cheap to throw, since malformed input may come in floods. */
final class Refusal extends Exception {
    private static final int SHOWN_CHARACTERS = 80;

    Refusal(String format, Object... values) {
        super(String.format(java.util.Locale.ROOT, format, values), null, false, false);
    }

    /** The text, at most 80 characters of it, on one line and without characters that a table or terminal would act on. */
    static String shown(CharSequence text) {
        StringBuilder shown = new StringBuilder();
        int length = text.length();
        for (int i = 0; i < length && i < SHOWN_CHARACTERS; i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1));
            if (pair) {
                shown.append(c).append(text.charAt(++i));
            } else if (Character.isISOControl(c) || Character.isSurrogate(c) || Character.getType(c) == Character.FORMAT
                    || c == '\u2028' || c == '\u2029') {
                shown.append(String.format("\\u%04x", (int) c));
            } else {
                shown.append(c);
            }
        }
        return length > SHOWN_CHARACTERS ? shown.append("...").toString() : shown.toString();
    }
}
