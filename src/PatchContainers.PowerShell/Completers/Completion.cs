using System.Buffers;
using System.Collections;
using System.Management.Automation;

namespace PatchContainers.PowerShell.Completers;

/// <summary>What completers share. They never throw: a shell that cannot complete a word goes on.</summary>
internal static class Completion
{
    private static readonly SearchValues<char> Special = SearchValues.Create(" '\"$`;&|(){}@#");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The values that begin with the word, quoted where they need it.</summary>
    public static IEnumerable<CompletionResult> Of(IEnumerable<string> values, string? word)
    {
        var begin = word?.Trim('\'', '"') ?? string.Empty;
        return values.Where(v => v.Length > 0 && v.StartsWith(begin, StringComparison.OrdinalIgnoreCase))
            .Select(v => new CompletionResult(Quote(v), v, CompletionResultType.ParameterValue, v))
            .ToArray();
    }

    /// <summary>What a service knows without asking anybody; nothing where it fails.</summary>
    public static IReadOnlyList<string> List(IDictionary parameters, Func<PatchServices, IReadOnlyList<string>> list) =>
        List(parameters, (services, _) => Each(list(services)));

    /// <summary>What a service lists, as far as it does within two seconds; nothing where it fails.</summary>
    public static IReadOnlyList<string> List(IDictionary parameters, Func<PatchServices, CancellationToken, IAsyncEnumerable<string>> list)
    {
        using var stop = new CancellationTokenSource(Patience);
        var values = new List<string>();
        try
        {
            var location = Location();
            using var services = CompositionRoot.Create(parameters, path => Path.GetFullPath(path, location));
            Task.Run(
                async () =>
                {
                    await foreach (var value in list(services, stop.Token).WithCancellation(stop.Token).ConfigureAwait(false))
                    {
                        values.Add(value);
                    }
                },
                stop.Token).WaitAsync(Patience, CancellationToken.None).GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // Pressing Tab is no command: whatever is wrong is told when the command runs.
        catch (Exception)
#pragma warning restore CA1031
        {
            return [];
        }

        return values;
    }

    /// <summary>The shell's location in the file system, which is not the process's; call it on the shell's thread.</summary>
    public static string Location()
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddCommand("Get-Location").AddParameter("PSProvider", "FileSystem").Invoke<PathInfo>()[0].ProviderPath;
    }

    private static async IAsyncEnumerable<string> Each(IReadOnlyList<string> values)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var value in values)
        {
            yield return value;
        }
    }

    private static string Quote(string value) =>
        value.AsSpan().ContainsAny(Special) ? $"'{value.Replace("'", "''", StringComparison.Ordinal)}'" : value;
}
