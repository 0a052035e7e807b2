using System.Text.RegularExpressions;

namespace PatchContainers.Platforms.Tests.Conformance;

/// <summary>
/// Finds image references line by line, knowing nothing of YAML but quotes and comments: a second opinion that shares no code with what
/// it judges.
/// </summary>
internal static partial class ImageLineReader
{
    /// <summary>The values of all <c>image:</c> lines that are not commented out, in order.</summary>
    public static IReadOnlyList<string> Read(string text)
    {
        var images = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            var match = ImageLine().Match(line.TrimEnd('\r'));
            if (match.Success)
            {
                images.Add(match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Groups["plain"].Value.Trim());
            }
        }

        return images;
    }

    [GeneratedRegex(
        """^\s*(?:-\s+)*(?:"image"|image)\s*:\s*(?:(?<quote>["'])(?<quoted>[^"']*)\k<quote>,?|(?<plain>[^\s#][^#]*?))\s*(?:#.*)?$""",
        RegexOptions.CultureInvariant)]
    private static partial Regex ImageLine();
}
