using System.Text.RegularExpressions;
using PatchContainers.Images;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Manifests;

/// <summary>An entry of a kustomization's <c>images</c>: which image, and what becomes of it.</summary>
internal sealed record KustomizationImage(string Name, string? NewName, string? NewTag, string? Digest, string? TagSuffix, int Line)
{
    /// <summary>What the entry sets, for messages.</summary>
    public string Settings => string.Join(", ", new[]
    {
        Setting("newName", NewName), Setting("newTag", NewTag), Setting("tagSuffix", TagSuffix), Setting("digest", Digest),
    }.Where(setting => setting.Length > 0));

    /// <summary>Whether a change of a manifest does not arrive behind this entry: what is built runs something else.</summary>
    public bool Overrides(RolloutChange change) => Matches(change.NewImage)
        && !(Digest == change.NewDigest && (NewName is null || NewName == ImageReference.Parse(change.NewImage).Name));

    // As kustomize compares: the name is a pattern, for all in front of tag and digest, and in no other spelling.
    private bool Matches(string image)
    {
        const string Rest = @"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?\z";
        try
        {
            return Regex.IsMatch(image, $@"\A{Name}{Rest}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return Regex.IsMatch(image, $@"\A{Regex.Escape(Name)}{Rest}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
    }

    private static string Setting(string name, string? value) => value is null ? string.Empty : $"{name} '{value}'";
}
