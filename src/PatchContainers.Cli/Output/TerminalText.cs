using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PatchContainers.Cli.Output;

/// <summary>Text from images, files and servers, made safe for a terminal.</summary>
internal static partial class TerminalText
{
    /// <summary>
    /// The text on one line, its control characters spelled out: an image's label must not move the cursor, set the title or
    /// hide a line.
    /// </summary>
    public static string Clean(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (!IsUnsafe(c))
            {
                clean.Append(c);
            }
            else if (c is '\n' or '\t')
            {
                clean.Append(' ');
            }
            else if (c is not '\r')
            {
                clean.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
        }

        return clean.ToString();
    }

    /// <summary>The text with its digests as short as people write them; JSON, CSV and <c>--details</c> have them in full.</summary>
    public static string ShortenDigests(string text) => FullDigest().Replace(text, "$1");

    // Format characters can reverse the reading order, or be invisible.
    private static bool IsUnsafe(char c) => char.IsControl(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;

    [GeneratedRegex(@"\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b", RegexOptions.CultureInvariant)]
    private static partial Regex FullDigest();
}
