using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes -RegistryMap with the shape of its value.</summary>
public sealed class RegistryMapCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        const string Text = "@{'registry.example' = 'oci:./registry'}";
        return Text.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase)
            ? [new CompletionResult(Text, Text, CompletionResultType.ParameterValue, "The folder ./registry stands for registry.example.")]
            : [];
    }
}
