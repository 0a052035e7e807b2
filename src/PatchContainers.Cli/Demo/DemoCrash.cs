using PatchContainers.Records;
using PatchContainers.Rollout;

namespace PatchContainers.Cli.Demo;

/// <summary>The part of the demo in which a rollout is killed in the middle, and goes on.</summary>
internal sealed class DemoCrash(DemoShell shell, DemoDeployment deployment, DemoProgram program)
{
    private const int Attempts = 10;
    private const int ChangesBeforeTheKill = 2;

    /// <summary>Starts a rollout in a process of its own, kills that, and resumes.</summary>
    /// <param name="stale">The verb that finds the images.</param>
    /// <param name="start">The verb that starts the rollout.</param>
    /// <param name="expected">The hash of the files after the same rollout without a crash.</param>
    /// <param name="cancellationToken">Stops the demo.</param>
    public async Task RunAsync(string[] stale, string[] start, string expected, CancellationToken cancellationToken)
    {
        shell.Say("6. Kill it in the middle, and go on");
        var updates = await shell.CaptureAsync([stale, ["update"], start], cancellationToken).ConfigureAwait(false);
        shell.Echo(shell.Line(stale, ["update"], start));
        var interrupted = await StartAndKillAsync(start, updates, cancellationToken).ConfigureAwait(false);
        shell.Say(string.Empty);
        var result = await shell.RunAsync(cancellationToken, [["rollout", "resume", interrupted.Id]]).ConfigureAwait(false);
        var resumed = result.Single<PatchRollout>();
        var actual = deployment.Hash();
        shell.Expect(actual == expected, "a resumed rollout ends as one that nothing interrupted");
        var verdict = actual == expected ? "equal to" : "DIFFERENT from";
        shell.Say($"{resumed.Status} with {resumed.Steps.Count} steps in its journal, {interrupted.Steps.Count} of them from before the "
            + $"crash. The files are {verdict}\nthose of the run that nothing interrupted: {actual}\n");
        shell.Say("Back once more, for the next part:");
        await shell.RunAsync(cancellationToken, [["rollout", "undo", interrupted.Id]]).ConfigureAwait(false);
    }

    private async Task<PatchRollout> StartAndKillAsync(string[] start, string updates, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var before = await ReadRolloutsAsync(cancellationToken).ConfigureAwait(false);
            int id;
            bool killed;
            int written;
            string errors;
            using (var child = await ChildProcess.StartAsync(program, shell.WithState(start), updates).ConfigureAwait(false))
            {
                id = child.Id;
                while (!child.HasExited && deployment.CountPatched() < ChangesBeforeTheKill)
                {
                    await Task.Delay(1, cancellationToken).ConfigureAwait(false);
                }

                killed = await child.KillAsync(cancellationToken).ConfigureAwait(false);
                written = deployment.CountPatched();
                errors = child.Errors;
            }

            var after = await ReadRolloutsAsync(cancellationToken).ConfigureAwait(false);
            var rollout = after.FirstOrDefault(r => before.All(b => b.Id != r.Id))
                ?? throw new PatchException(PatchErrorCode.NotFound, program.FileName, $"The process began no rollout. {errors}".TrimEnd());
            if (killed && rollout.Status == RolloutStatus.Running)
            {
                shell.Say($"(process {id} was killed with SIGKILL: {written} of {rollout.Changes.Count} references are written, "
                    + $"{rollout.Steps.Count(step => step.EndedAt is not null)} steps are done in the journal)");
                return rollout;
            }

            if (attempt == Attempts)
            {
                throw new PatchException(PatchErrorCode.Conflict, rollout.Id,
                    $"The rollout ended before it could be killed, {Attempts} times in a row. Run the demo again. {errors}".TrimEnd());
            }

            // It was faster than the kill: put its changes back, and try again.
            await shell.CaptureAsync([["rollout", "undo", rollout.Id], []], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<PatchRollout[]> ReadRolloutsAsync(CancellationToken cancellationToken)
    {
        var lines = await shell.CaptureAsync([["rollout", "status"], []], cancellationToken).ConfigureAwait(false);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => RecordJson.Read<PatchRollout>(line, "rollout status"))];
    }
}
