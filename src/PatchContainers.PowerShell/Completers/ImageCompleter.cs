using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;
using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.PowerShell.Completers;

/// <summary>
/// Completes repositories and tags of the registries that a folder stands for. No registry is asked over the network while a word is
/// typed.
/// </summary>
public sealed class ImageCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(Completion.List(fakeBoundParameters, (services, token) => ListAsync(services.Store, token)), wordToComplete);

    private static async IAsyncEnumerable<string> ListAsync(IImageStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var repository in store.ListRepositoriesAsync(cancellationToken).ConfigureAwait(false))
        {
            await foreach (var tag in store.ListTagsAsync(ImageReference.Parse(repository), cancellationToken).ConfigureAwait(false))
            {
                yield return $"{repository}:{tag}";
            }
        }
    }
}
