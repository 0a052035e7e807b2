using System.Text.RegularExpressions;

namespace PatchContainers.Rollout.Journal;

/// <summary>The ids of rollouts: they become names of folders and of objects.</summary>
internal static partial class RolloutId
{
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none.</exception>
    public static string Check(string id) => Pattern().IsMatch(id) ? id
        : throw new PatchException(PatchErrorCode.InvalidArgument, id, $"'{id}' is not the id of a rollout, such as 20261121-074500-3f9c.");

    [GeneratedRegex(@"^[0-9]{8}-[0-9]{6}-[0-9a-f]{4}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
