using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>The labels and names by which containers of a rollout are found again, whoever made them.</summary>
internal static partial class ContainerMarks
{
    /// <summary>The rollout that made a container.</summary>
    public const string Rollout = "patchcontainers/rollout";

    /// <summary>The id of the container whose place it takes.</summary>
    public const string Replaces = "patchcontainers/replaces";

    /// <summary>The id of the container that it stands for again, after that was removed.</summary>
    public const string Restores = "patchcontainers/restores";

    /// <summary>Whether a label is one of these.</summary>
    public static bool IsMark(string label) => label is Rollout or Replaces or Restores;

    /// <summary>The name of a successor before it takes the place: a second one of the same rollout has no room.</summary>
    public static string TemporaryName(string name, string rollout, string source) => $"{name}-patchcontainers-"
        + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{rollout} {source}")))[..8].ToLowerInvariant();

    /// <summary>The name of a container that has given up its place.</summary>
    public static string OldName(string name, string id) => $"{name}-patchcontainers-old-{ContainerFields.Shorten(id)}";

    /// <summary>Whether a name is one of these two: the container is not the one that its neighbours know.</summary>
    public static bool IsKept(string name) => Kept().IsMatch(name);

    [GeneratedRegex("-patchcontainers-(old-)?[0-9a-f]{6,}$", RegexOptions.CultureInvariant)]
    private static partial Regex Kept();
}
