using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads policy evaluations of Anchore's: those of version 1 of the API, by digest and tag, those of version 2, and both forms of
/// anchorectl's. Of several evaluations of one tag the newest counts.
/// </summary>
internal sealed class AnchorePolicyReader : IReportReader
{
    /// <inheritdoc/>
    public string Scanner => "Anchore";

    /// <inheritdoc/>
    public string Format => "Anchore policy evaluation";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) => head.IsList
        ? head.Has("finalAction") || head.Names.Any(IsDigest)
        : head.Has("evaluations")
            && (head.Has("policyId") || head.Has("evaluatedTag") || head.Has("policy_id") || head.Has("evaluated_tag"));

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var evaluations = new List<AnchorePolicyEvaluation>();
        if (cursor.Type != JsonTokenType.StartArray)
        {
            ReadImage(cursor, evaluations);
        }
        else
        {
            foreach (var _ in cursor.Items())
            {
                ReadImage(cursor, evaluations);
            }
        }

        return evaluations.Select(e => e.ToResult(cursor)).ToArray();
    }

    private static bool IsDigest(string name) => name.StartsWith("sha256:", StringComparison.Ordinal);

    private static void ReadImage(JsonCursor cursor, List<AnchorePolicyEvaluation> evaluations)
    {
        var (own, listed, hasList, hasTags) = (new AnchorePolicyEvaluation(), new List<AnchorePolicyEvaluation>(), false, false);
        foreach (var name in cursor.Members())
        {
            if (name == "evaluations")
            {
                hasList = true;
                listed = ReadList(cursor);
            }
            else if (IsDigest(name))
            {
                hasTags = true;
                foreach (var tag in cursor.Members())
                {
                    Add(ReadList(cursor), name, tag, string.Empty);
                }
            }
            else
            {
                own.Read(cursor, name);
            }
        }

        if (hasList)
        {
            Add(listed, own.Digest, own.Tag, own.Policy);
        }
        else if (!hasTags)
        {
            evaluations.Add(own);
        }

        void Add(List<AnchorePolicyEvaluation> all, string digest, string tag, string policy)
        {
            if (all.MaxBy(e => e.Time) is { } newest)
            {
                (newest.Digest, newest.Tag) = (digest, tag);
                newest.Policy = ReportText.First(newest.Policy, policy);
                evaluations.Add(newest);
            }
        }
    }

    private static List<AnchorePolicyEvaluation> ReadList(JsonCursor cursor)
    {
        var evaluations = new List<AnchorePolicyEvaluation>();
        foreach (var _ in cursor.Items())
        {
            var evaluation = new AnchorePolicyEvaluation();
            foreach (var name in cursor.Members())
            {
                evaluation.Read(cursor, name);
            }

            evaluations.Add(evaluation);
        }

        return evaluations;
    }
}
