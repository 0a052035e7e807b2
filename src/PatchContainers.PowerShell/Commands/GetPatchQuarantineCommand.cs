using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Lists the digests that failed after they ran, and may not be rolled out again.</summary>
[Cmdlet(VerbsCommon.Get, "PatchQuarantine")]
[OutputType(typeof(QuarantinedDigest))]
public sealed class GetPatchQuarantineCommand : PatchCmdlet
{
    /// <summary>The digests; all of them by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QuarantineCompleter))]
    public string[] Digest { get; set; } = [];

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Digest.Length == 0)
        {
            WriteObject(Await((_, token) => Services.Rollouts.ListQuarantineAsync(token)), enumerateCollection: true);
        }

        foreach (var digest in Digest)
        {
            Each(() => WriteObject(Await((_, token) => Services.Rollouts.FindQuarantinedAsync(digest, null, token)),
                enumerateCollection: true));
        }
    }
}
