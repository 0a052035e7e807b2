using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the namespaces of the cluster that -Context names, else of the current one.</summary>
public sealed class KubernetesNamespaceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var context = fakeBoundParameters["Context"] switch
        {
            string one => one,
            object[] { Length: > 0 } several => several[0]?.ToString(),
            _ => null,
        };
        return Completion.Of(
            Completion.List(fakeBoundParameters, (services, token) => services.Platforms.ListKubernetesNamespacesAsync(context, token)),
            wordToComplete);
    }
}
