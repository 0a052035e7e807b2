using PatchContainers.Endpoints;
using PatchContainers.Images;
using PatchContainers.Scanning;

namespace PatchContainers.Rollout;

/// <summary>
/// Passes a ring when its new images have no finding at or above a severity that has a fix, by the embedded scanner or by those that the
/// gate names, together. Each image is scanned once, by its digest. A
/// scan that fails is <see cref="GateVerdict.Inconclusive"/>; where another image of the ring fails the policy, the ring has Failed.
/// </summary>
public sealed class PolicyGate : IHealthGate
{
    /// <summary>The kind's name in plans.</summary>
    public const string Kind = "policy";

    /// <summary>The setting that names the lowest severity that counts.</summary>
    public const string SeveritySetting = "severity";

    /// <summary>The setting that names the scanners.</summary>
    public const string ScannerSetting = "scanner";

    /// <summary>The settings that a plan may give.</summary>
    public static IReadOnlyList<string> SettingNames { get; } = [SeveritySetting, ScannerSetting];

    private readonly ScanPolicy _policy;
    private readonly IImageScanner? _scanner;
    private readonly TimeProvider _clock;

    /// <summary>Makes the gate.</summary>
    /// <param name="name">The gate's name in its plan.</param>
    /// <param name="severity">The lowest severity that counts.</param>
    /// <param name="scanner">What scans; null where there is nothing, and then the gate cannot say.</param>
    /// <param name="clock">The time.</param>
    public PolicyGate(string name, Severity severity, IImageScanner? scanner, TimeProvider clock)
    {
        Name = name;
        _policy = new ScanPolicy(severity, OnlyFixable: true);
        _scanner = scanner;
        _clock = clock;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The gate as plans have it.</summary>
    /// <param name="severity">The lowest severity that counts.</param>
    public static RolloutGate Define(Severity severity) =>
        new(Kind, Kind, new Dictionary<string, string> { [SeveritySetting] = severity.ToString() });

    /// <summary>Makes a gate of what a plan has.</summary>
    /// <param name="gate">The gate as the plan has it.</param>
    /// <param name="openScanner">Opens what scans; null where there is nothing, and then the gate cannot say.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a setting is wrong, missing or not known.</exception>
    public static PolicyGate Parse(RolloutGate gate, Func<ScannerChoice, IImageScanner>? openScanner, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(gate);
        var settings = new SettingReader(gate, SettingNames);
        var severity = settings.RequiredChoice<Severity>(SeveritySetting);
        var scanners = ScannersOf(gate);
        var unknown = scanners.FirstOrDefault(s => !PatchServices.ScannerNames.Contains(s, StringComparer.OrdinalIgnoreCase));
        return unknown is null ? new PolicyGate(gate.Name, severity, openScanner?.Invoke(new ScannerChoice { Names = scanners }), clock)
            : throw settings.Fault(ScannerSetting, $"names '{unknown}', which is no scanner. They are: {string.Join(", ", PatchServices.ScannerNames)}.");
    }

    /// <summary>The scanners that a gate names; none for the embedded one.</summary>
    internal static IReadOnlyList<string> ScannersOf(RolloutGate gate) => gate.Settings.TryGetValue(ScannerSetting, out var names)
        ? names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];

    /// <inheritdoc/>
    public async Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var judged = new List<(string Digest, PolicyVerdict Verdict, string Detail)>();
        foreach (var change in context.Changes.DistinctBy(c => c.NewDigest))
        {
            var (verdict, detail) = await JudgeAsync(change, cancellationToken).ConfigureAwait(false);
            judged.Add((change.NewDigest, verdict, $"{change.NewImage}: {detail}"));
        }

        var worst = judged.Exists(j => j.Verdict == PolicyVerdict.Failed) ? PolicyVerdict.Failed
            : judged.Count == 0 || judged.Exists(j => j.Verdict == PolicyVerdict.Inconclusive) ? PolicyVerdict.Inconclusive
            : PolicyVerdict.Passed;
        var relevant = judged.Where(j => j.Verdict == worst).ToList();
        return new GateResult
        {
            Gate = Name,
            Verdict = worst switch
            {
                PolicyVerdict.Passed => GateVerdict.Passed,
                PolicyVerdict.Failed => GateVerdict.Failed,
                _ => GateVerdict.Inconclusive,
            },
            Detail = judged.Count == 0 ? "There is no new image to scan." : string.Join(' ', relevant.Select(j => j.Detail)),
            Digests = worst == PolicyVerdict.Passed ? [] : [.. relevant.Select(j => j.Digest)],
            Time = _clock.GetUtcNow(),
        };
    }

    private async Task<(PolicyVerdict Verdict, string Detail)> JudgeAsync(RolloutChange change, CancellationToken cancellationToken)
    {
        if (_scanner is null)
        {
            return (PolicyVerdict.Inconclusive, "There is no scanner to ask.");
        }

        try
        {
            // The tag may have moved since the plan was made; the digest decides.
            var image = ImageReference.Parse(change.NewImage).WithDigest(Digest.Parse(change.NewDigest));
            var (results, warnings) = (new List<ImageScanResult>(), new WarningList());
            await foreach (var result in _scanner.ScanAsync(new ScanTarget { Image = image, Name = change.NewImage }, warnings,
                cancellationToken).ConfigureAwait(false))
            {
                results.Add(result);
            }

            var policy = _policy.Evaluate(results);
            return (policy.Verdict, string.Join(' ', warnings.Messages.Prepend(policy.Detail)));
        }
        catch (PatchException e)
        {
            return (PolicyVerdict.Inconclusive, $"It could not be scanned: {e.Message}");
        }
    }

    // What a scan warns of goes with the verdict; what could not be assessed is in the result.
    private sealed class WarningList : IProgress<PatchNotice>
    {
        public List<string> Messages { get; } = [];

        public void Report(PatchNotice value)
        {
            if (value is PatchNotice.Warning warning)
            {
                Messages.Add(warning.Message);
            }
        }
    }
}
