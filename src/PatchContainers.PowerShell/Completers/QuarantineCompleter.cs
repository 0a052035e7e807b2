using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the digests that are in quarantine.</summary>
public sealed class QuarantineCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(Completion.List(fakeBoundParameters, ListAsync), wordToComplete);

    private static async IAsyncEnumerable<string> ListAsync(
        PatchServices services, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var entry in await services.Rollouts.ListQuarantineAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return entry.Digest;
        }
    }
}
