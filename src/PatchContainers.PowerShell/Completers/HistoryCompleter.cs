using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;
using PatchContainers.History;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the images and the vulnerabilities that the history names.</summary>
public sealed class HistoryCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var values = Completion.List(fakeBoundParameters, (services, token) => ListAsync(services, parameterName, token));
        return Completion.Of(values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), wordToComplete);
    }

    private static async IAsyncEnumerable<string> ListAsync(
        PatchServices services, string parameterName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in services.History.ReadAsync(new HistoryFilter(), cancellationToken).ConfigureAwait(false))
        {
            if (parameterName == nameof(PatchRecord.Image))
            {
                // Changes name images with their digests; the filter takes them without.
                yield return record.Image.Split('@')[0];
                continue;
            }

            foreach (var finding in record.Findings)
            {
                yield return finding;
            }
        }
    }
}
