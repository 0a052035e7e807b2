using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the kinds of workloads that every cluster has; an operator's may be named as well.</summary>
public sealed class WorkloadKindCompleter : IArgumentCompleter
{
    private static readonly string[] Kinds = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet", "Pod"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completion.Of(Kinds, wordToComplete);
}
