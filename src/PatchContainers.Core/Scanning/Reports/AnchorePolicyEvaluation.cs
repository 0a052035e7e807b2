using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>One evaluation of one image by a policy of Anchore's, while it is read.</summary>
internal sealed class AnchorePolicyEvaluation
{
    // As many rows that name no vulnerability are told one by one.
    private const int MaxDetails = 20;

    private readonly List<Finding> _findings = [];
    private readonly List<string> _others = [];
    private string[] _header = ["", "", "Trigger_Id", "Gate", "Trigger", "Check_Output", "Gate_Action", "Whitelisted"];
    private string _action = string.Empty;
    private string _reason = string.Empty;
    private long? _promised;
    private long _rows;
    private bool _hasRows;
    private bool _lacksData;
    private string _problems = string.Empty;

    /// <summary>The image's digest, as written.</summary>
    public string Digest { get; set; } = string.Empty;

    /// <summary>The image's name.</summary>
    public string Tag { get; set; } = string.Empty;

    /// <summary>The policy's id.</summary>
    public string Policy { get; set; } = string.Empty;

    /// <summary>When it was evaluated, UTC; null where that is not told.</summary>
    public DateTimeOffset? Time { get; private set; }

    /// <summary>Reads the member that stands at the cursor.</summary>
    public void Read(JsonCursor cursor, string name)
    {
        switch (name)
        {
            case "digest" or "imageDigest" or "image_digest":
                Digest = cursor.ReadText();
                break;
            case "tag" or "evaluatedTag" or "evaluated_tag":
                Tag = cursor.ReadText();
                break;
            case "policyId" or "policy_id":
                Policy = cursor.ReadText();
                break;
            case "finalAction" or "final_action":
                _action = cursor.ReadText();
                break;
            case "finalActionReason" or "final_action_reason":
                _reason = cursor.ReadText();
                break;
            case "lastEvaluation" or "last_evaluation" or "evaluationTime" or "evaluation_time":
                using (var document = cursor.Read())
                {
                    Time = document.RootElement.Time();
                }

                break;
            case "numberOfFindings" or "number_of_findings":
                ReadPromise(cursor);
                break;
            case "evaluationProblems" or "evaluation_problems":
                ReadProblems(cursor);
                break;
            case "detail" when cursor.Type == JsonTokenType.StartObject:
                foreach (var _ in cursor.Members().Where(m => m == "result"))
                {
                    ReadResult(cursor);
                }

                break;
            case "details" when cursor.Type == JsonTokenType.StartObject:
                foreach (var _ in cursor.Members().Where(m => m == "findings"))
                {
                    ReadRows(cursor, AddFinding);
                }

                break;
            case "detail" or "details" when cursor.Type == JsonTokenType.StartArray:
                ReadRows(cursor, row => Add(row.Word("triggerId"), row.Word("gate"), row.Word("triggerName"), row.Word("description"),
                    row.Word("status"), string.Empty));
                break;
            default:
                break;
        }
    }

    /// <summary>What was read, as a result: what it names of packages tells good from bad, and no more.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is not whole.</exception>
    public ImageScanResult ToResult(JsonCursor cursor)
    {
        var fault = !_hasRows && _promised is not 0 ? "has no rows" : _action.Length == 0 ? "has no final action"
            : _promised is { } promised && promised != _rows
                ? string.Create(CultureInfo.InvariantCulture, $"says that it has {promised} rows, and has {_rows}")
            : _problems.Length > 0 ? $"had problems: {_problems}"
            : _lacksData ? "says that Anchore had no vulnerability data for the image" : string.Empty;
        if (fault.Length > 0)
        {
            throw cursor.Fault($"the evaluation of '{Tag}' {fault}. Evaluate the image again");
        }

        var digest = Images.Digest.TryParse(Digest, out var parsed) ? parsed.ToString() : string.Empty;
        return new ImageScanResult
        {
            Image = Tag,
            Digest = digest,
            Platform = string.Empty,
            ManifestDigest = digest,
            Scanner = new ScannerInfo { Name = "Anchore" },
            Policy = new ScannerPolicy { Id = Policy, Action = _action, Detail = Describe() },
            IsGateOnly = true,
            Findings = _findings,
            ScannedAt = Time ?? default,
        };
    }

    private string Describe()
    {
        var counts = string.Create(CultureInfo.InvariantCulture, $"{_findings.Count} rows name a vulnerability, {_others.Count} do not");
        var more = _others.Count > MaxDetails ? string.Create(CultureInfo.InvariantCulture, $"and {_others.Count - MaxDetails} more") : "";
        return string.Join("; ", _others.Take(MaxDetails).Prepend(counts).Prepend(_reason).Append(more).Where(t => t.Length > 0));
    }

    private void ReadResult(JsonCursor cursor)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "final_action":
                    _action = cursor.ReadText();
                    break;
                case "final_action_reason":
                    _reason = cursor.ReadText();
                    break;
                case "evaluation_problems":
                    ReadProblems(cursor);
                    break;
                case "result":
                    // By the image's id, which is that of its configuration; the policy's name and data stand beside it.
                    foreach (var _ in cursor.Members().Where(m => cursor.Type == JsonTokenType.StartObject))
                    {
                        foreach (var table in cursor.Members().Where(m => m == "result"))
                        {
                            ReadTable(cursor);
                        }
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private void ReadTable(JsonCursor cursor)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "header":
                    _header = cursor.Values().Select(h => h.Word()).ToArray();
                    break;
                case "row_count":
                    ReadPromise(cursor);
                    break;
                case "rows":
                    ReadRows(cursor, Add);
                    break;
                default:
                    break;
            }
        }
    }

    private void ReadProblems(JsonCursor cursor) => _problems = string.Join("; ", cursor.Values().Where(p => p.Word("severity") != "warn")
        .Select(p => ReportText.First(p.Word("details"), p.GetRawText())).Take(3).ToArray());

    private void ReadRows(JsonCursor cursor, Action<JsonElement> add)
    {
        _hasRows = true;
        foreach (var row in cursor.Values())
        {
            add(row);
        }
    }

    private void AddFinding(JsonElement row) => Add(row.Word("trigger_id"), row.Word("gate"), row.Word("trigger"), row.Word("message"),
        row.Word("action"), row.IsTrue("allowlisted")
            ? "allowed by " + ReportText.First(row.Word("allowlist_match", "name"), row.Word("allowlist_match", "id"), "an allowlist") : string.Empty);

    private void Add(JsonElement row)
    {
        var cells = row.Items().ToArray();
        JsonElement At(string column) => Array.IndexOf(_header, column) is >= 0 and var at && at < cells.Length ? cells[at] : default;

        // False, or the rule that allows it.
        var allowed = At("Whitelisted") is { ValueKind: JsonValueKind.Object } rule
            ? "allowed by " + ReportText.First(rule.Word("whitelist_name"), rule.Word("whitelist_id"), "an allowlist")
            : At("Whitelisted").IsTrue() ? "allowed by an allowlist" : string.Empty;
        Add(At("Trigger_Id").Word(), At("Gate").Word(), At("Trigger").Word(), At("Check_Output").Word(), At("Gate_Action").Word(), allowed);
    }

    private void Add(string id, string gate, string trigger, string text, string action, string allowed)
    {
        _rows++;
        _lacksData |= gate == "vulnerabilities" && trigger == "vulnerability_data_unavailable";
        if (gate == "vulnerabilities" && id.IndexOf('+', StringComparison.Ordinal) is > 0 and var end)
        {
            _findings.Add(AnchorePolicyRow.Read(id[..end], id[(end + 1)..], text) with { Suppressed = allowed });
        }
        else
        {
            _others.Add($"{action} {gate}/{trigger}: {text}{(allowed.Length > 0 ? $" ({allowed})" : string.Empty)}");
        }
    }

    private void ReadPromise(JsonCursor cursor)
    {
        using var document = cursor.Read();
        _promised = (_promised ?? 0) + document.RootElement.Number();
    }
}
