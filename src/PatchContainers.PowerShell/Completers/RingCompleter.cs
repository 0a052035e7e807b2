using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PatchContainers.PowerShell.Completers;

/// <summary>Completes the rings: the folders below -Path, those of a -Plan, those of a rollout.</summary>
public sealed class RingCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        // The location is known on the shell's thread alone.
        var (path, plan, id) = (FullPath(fakeBoundParameters["Path"]), FullPath(fakeBoundParameters["Plan"]), fakeBoundParameters["Id"] as string);
        var rings = path is not null ? Completion.List(fakeBoundParameters, (_, token) => ListAsync(path, token))
            : plan is not null ? Completion.List(fakeBoundParameters, (services, token) => ListPlanAsync(services, plan, token))
            : id is not null ? Completion.List(fakeBoundParameters, (services, token) => ListRolloutAsync(services, id, token))
            : [];
        return Completion.Of(rings, wordToComplete);
    }

    private static string? FullPath(object? path) => path is string text ? Path.GetFullPath(text, Completion.Location()) : null;

    private static async IAsyncEnumerable<string> ListPlanAsync(
        PatchServices services, string plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var ring in services.Plans.Read(plan).Rings)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return ring.Name;
        }
    }

    private static async IAsyncEnumerable<string> ListRolloutAsync(
        PatchServices services, string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var ring in (await services.Rollouts.GetAsync(id, cancellationToken).ConfigureAwait(false)).Rings)
        {
            yield return ring.Name;
        }
    }

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
