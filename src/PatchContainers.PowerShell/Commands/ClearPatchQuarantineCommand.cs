using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Releases a digest from quarantine, and records who did.</summary>
[Cmdlet(VerbsCommon.Clear, "PatchQuarantine", SupportsShouldProcess = true)]
[OutputType(typeof(QuarantinedDigest))]
public sealed class ClearPatchQuarantineCommand : PatchCmdlet
{
    /// <summary>The digest.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QuarantineCompleter))]
    public string Digest { get; set; } = string.Empty;

    /// <summary>The repository; all that hold the digest in quarantine by default.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Repository { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var found = Await((_, token) => Services.Rollouts.FindQuarantinedAsync(Digest, Repository, token));
        if (found.Count == 0)
        {
            throw new PatchException(PatchErrorCode.NotFound, Digest, $"{Digest} is not in quarantine"
                + $"{(Repository is null ? string.Empty : $" for {Repository}")}.");
        }

        foreach (var entry in found)
        {
            var text = $"Release {entry.Repository}@{entry.Digest}, which failed in the ring {entry.Ring}: {entry.Reason}";
            if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name))
            {
                WriteObject(Await((_, token) => Services.Rollouts.ReleaseAsync(entry.Digest, entry.Repository, token)),
                    enumerateCollection: true);
            }
        }
    }
}
