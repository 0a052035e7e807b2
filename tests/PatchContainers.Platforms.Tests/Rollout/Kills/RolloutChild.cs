using System.Diagnostics;
using System.Text.Json;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>
/// This executable, started again by a test: it runs many rollouts at once, each of which stands still at its own point, tells when it
/// does, and is then killed or stopped. After a line on its input, they go on.
/// </summary>
internal sealed class RolloutChild : IDisposable
{
    public const string Argument = "run-rollouts";

    private readonly Process _process;

    private RolloutChild(Process process) => _process = process;

    public int Id => _process.Id;

    public static async Task<RolloutChild> StartAsync(string folder, IReadOnlyList<KillSpec> specs, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, $"child-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(specs), cancellationToken);
        return new RolloutChild(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Argument, path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!);
    }

    public static async Task<int> RunAsync(string specs)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var oneAtATime = new SemaphoreSlim(1);
        var read = JsonSerializer.Deserialize<KillSpec[]>(await File.ReadAllTextAsync(specs))!;
        using var platforms = new KillPlatforms([.. read.Select(spec => spec.Scenario.Platform)]);
        var runs = read.Select(spec => platforms.Open(spec, TimeProvider.System)).ToList();
        var ending = runs.Select(async run =>
        {
            var running = run.RunAsync(CancellationToken.None);
            await Task.WhenAny(running, run.Halt.Reached);
            if (run.Halt.Reached.IsCompleted)
            {
                await TellAsync($"halted {run.Spec.Name}");
            }

            await TellAsync($"ended {run.Spec.Name} {await EndAsync(running)}");
        }).ToList();
        await Console.In.ReadLineAsync();
        runs.ForEach(run => run.Halt.Release());
        await Task.WhenAll(ending);
        return 0;

        async Task TellAsync(string line)
        {
            await oneAtATime.WaitAsync();
            await output.WriteLineAsync(line);
            oneAtATime.Release();
        }
    }

    /// <summary>Waits until all of its rollouts stand still; tells what those did that do not.</summary>
    public Task<IReadOnlyList<string>> HaltedAsync(int count, CancellationToken cancellationToken) => ReadAsync(count, cancellationToken);

    /// <summary>Lets all go on, and tells how each ended: <c>ended NAME Conflict</c>.</summary>
    public async Task<IReadOnlyList<string>> GoOnAsync(int count, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync(cancellationToken);
        return await ReadAsync(count, cancellationToken);
    }

    /// <summary>Stops it with SIGSTOP, and waits until it stands still.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Signal("STOP");
        while (!(await File.ReadAllTextAsync($"/proc/{Id}/stat", cancellationToken)).Contains(") T ", StringComparison.Ordinal))
        {
            await Task.Yield();
        }
    }

    /// <summary>Lets it run again with SIGCONT.</summary>
    public void Continue() => Signal("CONT");

    /// <summary>Kills it with SIGKILL.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Id}"]);
        kill.WaitForExit();
        Xunit.Assert.Equal(0, kill.ExitCode);
    }

    private static async Task<string> EndAsync(Task<PatchContainers.Rollout.PatchRollout> running)
    {
        try
        {
            return (await running).Status.ToString();
        }
        catch (PatchException e)
        {
            return $"{e.Code}";
        }
        catch (Exception e)
        {
            return e.ToString().ReplaceLineEndings(" ");
        }
    }

    private async Task<IReadOnlyList<string>> ReadAsync(int count, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (lines.Count < count)
        {
            lines.Add(await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException(
                $"The process with the rollouts ended after it told of {lines.Count} of {count}: {string.Join('\n', lines)}"));
        }

        return lines;
    }
}
