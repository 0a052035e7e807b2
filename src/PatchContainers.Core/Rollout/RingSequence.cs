namespace PatchContainers.Rollout;

/// <summary>
/// In which order the rings of a folder come. What earlier rollouts recorded decides, then what the request says, then the names' own
/// meaning where all of them have one. Where none of them tells, a ring on its own is refused: it might be the last.
/// </summary>
internal static class RingSequence
{
    // What people call their environments, from the first to the last. Only names that can mean nothing else.
    private static readonly string[][] Conventional =
    [
        ["dev", "development"],
        ["test", "testing", "qa", "int", "integration"],
        ["uat", "acceptance"],
        ["stage", "staging", "preprod", "pre-prod", "pre-production", "preproduction"],
        ["prod", "production", "prd", "live"],
    ];

    /// <summary>Works the order out.</summary>
    /// <param name="requested">The rings to run, in order.</param>
    /// <param name="declared">The order of all rings, as the request says; empty where it says nothing.</param>
    /// <param name="recorded">The order that earlier rollouts recorded; empty where there was none.</param>
    /// <param name="siblings">The other folders beside the rings that hold workloads.</param>
    /// <param name="path">The folder, for errors.</param>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.InvalidArgument"/>: the orders contradict each other; <see cref="PatchErrorCode.NotPromotable"/>:
    /// nothing tells which ring comes first.
    /// </exception>
    public static IReadOnlyList<string> Resolve(
        IReadOnlyList<string> requested, IReadOnlyList<string> declared, IReadOnlyList<string> recorded, IReadOnlyList<string> siblings,
            string path)
    {
        if (declared.Count > 0)
        {
            CheckAgrees(requested, declared, path, "the order that was given");
            if (requested.FirstOrDefault(r => !declared.Contains(r)) is { } missing)
            {
                throw new PatchException(PatchErrorCode.InvalidArgument, missing, $"The ring '{missing}' is not in the order that was "
                    + $"given: {string.Join(", ", declared)}.");
            }
        }

        var said = declared.Count > 0 ? declared : requested;
        CheckAgrees(said, recorded, path, "the order of earlier rollouts");
        if (said.Count > 1 || recorded.Contains(said[0]))
        {
            var merged = Merge(recorded, said);
            return declared.Count > 0 || recorded.Count > 0 ? merged
                : [.. siblings.Where(s => IsBefore(s, said[0])).OrderBy(RankOf), .. merged];
        }

        return Place(said[0], [.. recorded, .. siblings.Where(s => !recorded.Contains(s))], recorded, path);
    }

    private static List<string> Place(string ring, IReadOnlyList<string> others, IReadOnlyList<string> recorded, string path)
    {
        if (others.Count == 0)
        {
            return [ring];
        }

        var known = others.Where(o => RankOf(o) >= 0).ToList();
        if (RankOf(ring) >= 0 && (known.Count == others.Count || (recorded.Count == 0 && RankOf(ring) < Conventional.Length - 1)))
        {
            return [.. known.Append(ring).OrderBy(RankOf).ThenBy(r => recorded.Contains(r) ? 0 : 1)];
        }

        // A ring that nobody has mentioned comes behind those that somebody has: so it takes only what they have shown.
        return recorded.Count > 0 ? [.. recorded, ring] : throw new PatchException(PatchErrorCode.NotPromotable, ring,
            $"Nothing tells whether '{ring}' is the first ring of '{path}': there {(others.Count == 1 ? "is" : "are")} "
            + $"{string.Join(", ", others)} beside it, and no rollout was recorded. "
            + $"Roll out both in order ({others[0]},{ring}), or give the ring order.");
    }

    private static List<string> Merge(IReadOnlyList<string> recorded, IReadOnlyList<string> said)
    {
        var merged = recorded.ToList();
        for (var i = 0; i < said.Count; i++)
        {
            if (merged.Contains(said[i]))
            {
                continue;
            }

            var next = said.Skip(i + 1).Select(r => merged.IndexOf(r)).FirstOrDefault(at => at >= 0, -1);
            merged.Insert(i > 0 ? merged.IndexOf(said[i - 1]) + 1 : next >= 0 ? next : merged.Count, said[i]);
        }

        return merged;
    }

    private static void CheckAgrees(IReadOnlyList<string> said, IReadOnlyList<string> known, string path, string whose)
    {
        var places = said.Select(r => known.ToList().IndexOf(r)).Where(at => at >= 0).ToList();
        if (!places.SequenceEqual(places.Order()))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, path,
                $"The rings {string.Join(", ", said)} are in another order than {whose} of '{path}': {string.Join(", ", known)}. Name "
                + "them in that order.");
        }
    }

    private static bool IsBefore(string ring, string other) => RankOf(ring) >= 0 && RankOf(ring) < RankOf(other);

    private static int RankOf(string ring) =>
        Array.FindIndex(Conventional, names => names.Contains(ring, StringComparer.OrdinalIgnoreCase));
}
