using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the rings: the folders below -Path.</summary>
public sealed class RingCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        fakeBoundParameters["Path"] is string path
            ? Complete(fakeBoundParameters, Path.GetFullPath(path, Completion.Location()), wordToComplete)
            : [];

    private static IEnumerable<CompletionResult> Complete(IDictionary parameters, string path, string word) =>
        Completion.Of(Completion.List(parameters, (_, token) => ListAsync(path, token)), word);

    private static async IAsyncEnumerable<string> ListAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var folder in Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Path.GetFileName(folder);
        }
    }
}
