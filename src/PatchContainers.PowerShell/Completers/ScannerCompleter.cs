using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the scanners that can be asked; with a report, those whose reports are read.</summary>
public sealed class ScannerCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(fakeBoundParameters.Contains("Report") ? ScanReportReader.Scanners : PatchServices.ScannerNames, wordToComplete);
}
