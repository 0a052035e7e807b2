using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes docker contexts; no engine is asked.</summary>
public sealed class DockerHostCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(Completion.List(fakeBoundParameters, services => services.Platforms.ListDockerContexts()), wordToComplete);
}
