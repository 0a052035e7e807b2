using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.Cli;

/// <summary>What a run came to, as far as its exit code asks.</summary>
internal sealed class RunOutcome(bool isStrict, Severity? failOn)
{
    private int _results;
    private int _unknown;
    private int _refused;
    private bool _hasFindings;
    private bool _hasInconclusive;

    /// <summary>Takes note of a record that was written.</summary>
    public void Observe(object record)
    {
        _results++;
        switch (record)
        {
            case StaleImage { Status: StaleStatus.Unknown }:
                _unknown++;
                break;
            case ImageScanResult scan:
                _unknown += scan.Unassessed.Count > 0 || scan.UnknownCount > 0 || scan.FailedScanners.Count > 0 ? 1 : 0;
                var verdict = failOn is { } severity
                    ? new ScanPolicy(severity, OnlyFixable: false).Evaluate(scan).Verdict
                    : PolicyVerdict.Passed;
                _hasFindings |= verdict == PolicyVerdict.Failed;
                _hasInconclusive |= verdict == PolicyVerdict.Inconclusive;
                break;
            case BaseImageUpdate { Status: UpdateStatus.Refused }:
                _refused++;
                break;
        }
    }

    /// <summary>The exit code of a verb that took items and wrote records.</summary>
    /// <param name="failures">How many items failed.</param>
    public int ToExitCode(int failures)
    {
        if (_hasFindings)
        {
            return ExitCode.Findings;
        }

        if (failures > 0)
        {
            return _results == 0 ? ExitCode.Failed : ExitCode.Partly;
        }

        return _refused > 0 || _hasInconclusive || (isStrict && _unknown > 0) ? ExitCode.Partly : ExitCode.Done;
    }

    /// <summary>The exit code of an error that ended the run.</summary>
    public static int OfError(PatchErrorCode code) => code switch
    {
        PatchErrorCode.GateFailed => ExitCode.RolledBack,
        PatchErrorCode.RollbackIncomplete => ExitCode.RollbackIncomplete,
        _ => ExitCode.Failed,
    };
}
