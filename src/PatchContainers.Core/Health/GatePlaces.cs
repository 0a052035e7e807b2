using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>What the places in queries and addresses stand for: the ring, and what its changes are about.</summary>
internal sealed class GatePlaces(string ring, IReadOnlyList<RolloutChange> changes)
{
    /// <summary>The places' names.</summary>
    public static readonly IReadOnlyList<string> Names = ["ring", "namespace", "workload", "digest"];

    private static readonly string[] Namespaced = ["kubernetes", "manifest"];

    /// <summary>All values of a place, each once.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: there is none.</exception>
    public IReadOnlyList<string> All(string place)
    {
        var values = place == "ring" ? [ring] : changes.Select(c => Of(c, place)).Where(v => v.Length > 0).Distinct()
            .Order(StringComparer.Ordinal).ToArray();
        return values.Length > 0 ? values
            : throw new PatchException(PatchErrorCode.InvalidArgument, place,
                $"Nothing can stand for {{{{{place}}}}}: no workload of the ring {ring} has one.");
    }

    /// <summary>The one value of a place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="remedy">What to do where there are several.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: there is none, or several.</exception>
    public string One(string place, string remedy) => All(place) is [var value] ? value
        : throw new PatchException(PatchErrorCode.InvalidArgument, place, $"{{{{{place}}}}} has to be one value, and in the ring {ring} it "
            + $"would be {All(place).Count}: {string.Join(", ", All(place).Take(5))}. {remedy}.");

    // Workload.Id has the forms. A cluster's name may have slashes in it, and a path has them, so names are taken from the end.
    private static string Of(RolloutChange change, string place)
    {
        if (place == "digest")
        {
            return change.NewDigest;
        }

        var separator = change.Workload.IndexOf("://", StringComparison.Ordinal);
        var (scheme, id) = separator < 0 ? (string.Empty, change.Workload)
            : (change.Workload[..separator], change.Workload[(separator + 3)..]);
        if (change.Path.Length > 0 && id.StartsWith(change.Path, StringComparison.Ordinal))
        {
            id = id[change.Path.Length..];
        }

        var container = id.LastIndexOf('#');
        var names = (container < 0 ? id : id[..container]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        return place == "workload" ? names.Length == 0 ? string.Empty : names[^1].Split('~')[0]
            : names.Length >= 3 && Namespaced.Contains(scheme) ? names[^3] : string.Empty;
    }
}
