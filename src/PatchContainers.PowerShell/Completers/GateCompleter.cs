using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the gates of the plan that was typed before; of a folder's rings, there is the policy gate.</summary>
public sealed class GateCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        // The location is known on the shell's thread alone.
        var plan = fakeBoundParameters["Plan"] is string text ? Path.GetFullPath(text, Completion.Location()) : null;
        return Completion.Of(plan is null ? [PolicyGate.Kind]
            : Completion.List(fakeBoundParameters, (services, token) => ListAsync(services, plan, token)), wordToComplete);
    }

    private static async IAsyncEnumerable<string> ListAsync(
        PatchServices services, string plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var gate in services.Plans.Read(plan).Rings.SelectMany(r => r.Gates).Select(g => g.Name).Distinct())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return gate;
        }
    }
}
