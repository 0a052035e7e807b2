using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>One run of a SARIF log, while it is read.</summary>
internal sealed class SarifRun
{
    private readonly Dictionary<string, SarifRule> _rules = new(StringComparer.Ordinal);
    private readonly List<SarifRule> _numbered = [];
    private readonly List<SarifEntry> _entries = [];
    private bool _hasResults;
    private string _tool = string.Empty;
    private string _version = string.Empty;
    private string _image = string.Empty;
    private string[] _pinned = [];
    private string _failure = string.Empty;
    private DateTimeOffset? _time;

    /// <summary>Reads the run that stands at the cursor.</summary>
    public void Read(JsonCursor cursor)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "tool":
                    ReadTool(cursor);
                    break;
                case "results":
                    _hasResults = cursor.Type == JsonTokenType.StartArray;
                    _entries.AddRange(cursor.Values().Where(Counts).Select(SarifEntry.Read));
                    break;
                case "invocations":
                    foreach (var invocation in cursor.Values())
                    {
                        ReadInvocation(invocation);
                    }

                    break;
                case "properties":
                    using (var document = cursor.Read())
                    {
                        _image = document.RootElement.Word("imageName");
                        _pinned = [.. document.RootElement.Items("repoDigests").Select(d => d.Word())];
                    }

                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>What was read, as a result.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the run failed, or its results are not there.</exception>
    public ImageScanResult ToResult(JsonCursor cursor)
    {
        if (_tool.Length == 0 || !_hasResults || _failure.Length > 0)
        {
            throw cursor.Fault(_tool.Length == 0 ? "a run names no tool"
                : _failure.Length > 0 ? $"the run of {_tool} failed: {_failure}. Scan again"
                : $"the run of {_tool} has no results, not even an empty list, so that it did not scan. Scan again");
        }

        var found = _entries.Select(e => (Entry: e, Rule: RuleOf(e))).Where(f => f.Rule.IsVulnerability).ToArray();
        var image = ReportText.First(_image, found.Select(f => f.Entry.Image).FirstOrDefault(i => i.Length > 0));
        return new ImageScanResult
        {
            Image = image,
            Digest = ReportText.DigestOf(image, _pinned),
            Platform = string.Empty,
            ManifestDigest = string.Empty,
            Scanner = new ScannerInfo { Name = _tool, Version = _version },
            IsGateOnly = true,
            Findings = found.Select(f => f.Entry.ToFinding(f.Rule)).ToArray(),
            ScannedAt = _time ?? default,
        };
    }

    // SARIF 2.1.0, 3.27.9 and 3.27.24: what passed, or does not apply, and what was there in an earlier run only.
    private static bool Counts(JsonElement result) =>
        result.Word("kind") is not ("pass" or "notApplicable" or "informational") && result.Word("baselineState") != "absent";

    private SarifRule RuleOf(SarifEntry entry) => _rules.TryGetValue(entry.RuleId, out var rule) ? rule
        : entry.RuleIndex is { } at && at >= 0 && at < _numbered.Count ? _numbered[(int)at] : SarifRule.None;

    private void ReadTool(JsonCursor cursor)
    {
        foreach (var part in cursor.Members())
        {
            if (part == "driver")
            {
                ReadComponent(cursor, isDriver: true);
            }
            else if (part == "extensions")
            {
                foreach (var _ in cursor.Items())
                {
                    ReadComponent(cursor, isDriver: false);
                }
            }
        }
    }

    private void ReadComponent(JsonCursor cursor, bool isDriver)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "name" when isDriver:
                    _tool = cursor.ReadText();
                    break;
                case "version" or "semanticVersion" when isDriver && (_version.Length == 0 || name == "semanticVersion"):
                    _version = cursor.ReadText();
                    break;
                case "rules":
                    foreach (var rule in cursor.Values().Select(SarifRule.Read))
                    {
                        _rules[rule.Id] = rule;
                        if (isDriver)
                        {
                            _numbered.Add(rule);
                        }
                    }

                    break;
                default:
                    break;
            }
        }
    }

    // SARIF 2.1.0, 3.20.14 and 3.58.6: what a tool tells of itself as an error has made its results wrong, or not whole.
    private void ReadInvocation(JsonElement invocation)
    {
        var notes = invocation.Items("toolExecutionNotifications").Concat(invocation.Items("toolConfigurationNotifications"));
        var errors = notes.Where(n => n.Word("level") == "error")
            .Select(n => ReportText.First(n.Word("message", "text"), n.Word("descriptor", "id"), "an error"));
        var isFailed = invocation.At("executionSuccessful") is { ValueKind: JsonValueKind.False };
        var word = ReportText.First(invocation.Word("exitCodeDescription"), invocation.Word("processStartFailureMessage"), "it says so");
        _failure = ReportText.First(_failure, string.Join("; ", errors.Take(3)), isFailed ? word : string.Empty);
        _time = invocation.Time("endTimeUtc") ?? invocation.Time("startTimeUtc") ?? _time;
    }
}
