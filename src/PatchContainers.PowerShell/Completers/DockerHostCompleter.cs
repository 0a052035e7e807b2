using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes docker contexts; no engine is asked.</summary>
public sealed class DockerHostCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(Completion.List(fakeBoundParameters, ListAsync), wordToComplete);

    private static async IAsyncEnumerable<string> ListAsync(
        PatchServices services, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var context in services.Platforms.ListDockerContexts())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return context;
        }
    }
}
