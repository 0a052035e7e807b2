using System.Text.RegularExpressions;

namespace PatchContainers.Staleness;

/// <summary>
/// Tags that are no images but what is attached to one: the referrers of a registry without the referrers API (OCI distribution
/// specification 1.1, "Referrers Tag Schema"), and cosign's signatures, attestations and bills of materials.
/// </summary>
internal static partial class ReferrerTag
{
    /// <summary>Whether the tag is one of them.</summary>
    public static bool Is(string tag) => Pattern().IsMatch(tag);

    [GeneratedRegex(@"^sha(?:256|512)-[0-9a-f]{64,128}(?:\.[a-z]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
