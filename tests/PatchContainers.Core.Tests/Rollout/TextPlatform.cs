using System.Runtime.CompilerServices;
using PatchContainers.Inventory;
using PatchContainers.Rollout;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>
/// A platform of text files, one workload a line: <c>NAME=IMAGE</c>. It really writes them, in the way that <see cref="IOrchestrator"/>
/// asks for. Where it takes changes (<see cref="ChangeStatus.Applied"/>), it is a live one: how it runs them stands beside the file, and
/// it says of each what it was told to.
/// </summary>
internal sealed class TextPlatform(ChangeStatus made = ChangeStatus.Written) : IOrchestrator
{
    public const string Name = "Text";

    /// <inheritdoc/>
    public bool KeepsOld { get; set; }

    /// <summary>Workloads (by name) of which what was kept cannot be taken away.</summary>
    public HashSet<string> Unfinished { get; } = [];

    /// <summary>How often a file was really written.</summary>
    public int Writes { get; private set; }

    /// <summary>What is observed, by workload and what is waited for; by default everything is healthy.</summary>
    public Dictionary<(string Name, AwaitedState State), RolloutChange> Observed { get; } = [];

    /// <summary>What happens before each observation.</summary>
    public Action? Observing { get; set; }

    /// <summary>Every call but for reading, in order: <c>Apply web</c>; <c>Look</c> is an observation that waits for nothing.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>What workloads (by name) ran before their change.</summary>
    public Dictionary<string, IReadOnlyList<RanImage>> Ran { get; } = [];

    /// <summary>Workloads (by name) that are refused.</summary>
    public HashSet<string> Refused { get; } = [];

    /// <summary>Workloads (by name) whose file cannot be written.</summary>
    public HashSet<string> Broken { get; } = [];

    /// <summary>The changes that were last looked at together.</summary>
    public IReadOnlyList<RolloutChange> Checked { get; private set; } = [];

    public static IWorkloadSource Open(RingTarget target) => new Source(target.Path);

    public bool CanHandle(string platform) => platform == Name;

    public Task<IReadOnlyList<RolloutChange>> CheckAsync(
        IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default)
    {
        Checked = changes;
        return Task.FromResult<IReadOnlyList<RolloutChange>>([.. changes.Select(c => Refused.Contains(NameOf(c))
            ? With(c, ChangeStatus.Refused, "it is a variable") : c)]);
    }

    public Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        Task.FromResult(made == ChangeStatus.Applied ? ReadStrategy(change) : null);

    public IReadOnlyList<RanImage> RanBefore(RolloutChange change) => Ran.GetValueOrDefault(NameOf(change), []);

    public Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        Observing?.Invoke();
        Calls.Add($"{(atMost > TimeSpan.Zero ? "Await" : "Look")} {state} {NameOf(change)}");
        if (state == AwaitedState.New && Read(change) is var held && held != change.NewImage)
        {
            return Task.FromResult(With(change, ChangeStatus.LeftAlone, $"it holds {held} now."));
        }

        return Task.FromResult(Observed.TryGetValue((NameOf(change), state), out var told)
            ? change with { Status = told.Status, Detail = told.Detail, Ran = told.Ran }
            : With(change, ChangeStatus.Healthy, string.Empty) with { Ran = true });
    }

    public async Task<RolloutChange> PromoteAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        await change.CheckLeaseAsync(cancellationToken);
        Calls.Add($"Promote {NameOf(change)}");
        WriteStrategy(change, "promoted");
        return With(change, ChangeStatus.Applied, string.Empty);
    }

    public async Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        await change.CheckLeaseAsync(cancellationToken);
        Calls.Add($"Finish {NameOf(change)}");
        if (Unfinished.Contains(NameOf(change)))
        {
            return With(change, ChangeStatus.Failed, "it runs again.");
        }

        WriteStrategy(change, change.Before);
        return With(change, ChangeStatus.Healthy, string.Empty);
    }

    public async Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        await change.CheckLeaseAsync(cancellationToken);
        var held = Read(change);
        if (Broken.Contains(NameOf(change)))
        {
            throw new PatchException(PatchErrorCode.FileError, change.Path, $"'{change.Path}' cannot be written.");
        }

        if (held != change.NewImage && held != change.OldImage)
        {
            return With(change, ChangeStatus.Failed, $"it holds {held} now.");
        }

        Calls.Add($"Apply {NameOf(change)}");
        if (change.Options.Canary.Length > 0)
        {
            WriteStrategy(change, $"canary {change.Options.Canary}");
        }

        Write(change, held, change.NewImage);
        return With(change, made, string.Empty);
    }

    public async Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        await change.CheckLeaseAsync(cancellationToken);
        var held = Read(change);
        if (held != change.NewImage && held != change.OldImage)
        {
            return With(change, ChangeStatus.LeftAlone, $"it holds {held} now.");
        }

        Calls.Add($"Revert {NameOf(change)}");
        Write(change, held, change.OldImage);
        if (made != ChangeStatus.Applied)
        {
            return With(change, ChangeStatus.RolledBack, string.Empty);
        }

        WriteStrategy(change, change.Before);
        return With(change, ChangeStatus.Applied, string.Empty);
    }

    private static string NameOf(RolloutChange change) => change.Workload[(change.Workload.LastIndexOf('/') + 1)..];

    private static string? Read(RolloutChange change) =>
        File.ReadLines(change.Path).FirstOrDefault(l =>
            l.StartsWith(NameOf(change) + "=", StringComparison.Ordinal))?[(NameOf(change).Length + 1)..];

    private static RolloutChange With(RolloutChange change, ChangeStatus status, string detail) =>
        change with { Status = status, Detail = detail };

    private static string StrategyOf(RolloutChange change) => $"{change.Path}.{NameOf(change)}";

    private static string ReadStrategy(RolloutChange change) =>
        File.Exists(StrategyOf(change)) ? File.ReadAllText(StrategyOf(change)) : "rolling";

    private static void WriteStrategy(RolloutChange change, string strategy) => File.WriteAllText(StrategyOf(change), strategy);

    private void Write(RolloutChange change, string from, string to)
    {
        if (from != to)
        {
            var text = File.ReadAllText(change.Path)
                .Replace($"{NameOf(change)}={from}", $"{NameOf(change)}={to}", StringComparison.Ordinal);
            File.WriteAllText(change.Path + ".tmp", text);
            File.Move(change.Path + ".tmp", change.Path, overwrite: true);
            Writes++;
        }
    }

    private sealed class Source(string folder) : IWorkloadSource
    {
        public async IAsyncEnumerable<Workload> ListAsync(
            IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal))
            {
                foreach (var line in await File.ReadAllLinesAsync(file, cancellationToken))
                {
                    if (line.Split('=', 2) is [var name, var image])
                    {
                        yield return new Workload { Id = $"text://{file}/{name}", Platform = Name, Name = name, Image = image,
                            Path = file };
                    }
                }
            }
        }
    }
}
