using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the contexts of the kubeconfig; no cluster is asked.</summary>
public sealed class KubernetesContextCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(Completion.List(fakeBoundParameters, services => services.Platforms.ListKubernetesContexts()), wordToComplete);
}
