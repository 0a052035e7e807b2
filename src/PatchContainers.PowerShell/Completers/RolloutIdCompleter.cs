using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the ids of rollouts, newest first.</summary>
public sealed class RolloutIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(Completion.List(fakeBoundParameters, ListAsync).Reverse(), wordToComplete);

    private static async IAsyncEnumerable<string> ListAsync(
        PatchServices services, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var rollout in services.Rollouts.ListAsync(new Progress<PatchNotice>(), cancellationToken).ConfigureAwait(false))
        {
            yield return rollout.Id;
        }
    }
}
