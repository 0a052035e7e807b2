using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout approve</c>.</summary>
internal static class RolloutApproveCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var id = new Argument<string>("ID") { Description = "The rollout." };
        var ring = new Option<string?>("--ring") { Description = "The ring; all that wait or will by default.", HelpName = "RING" };
        var validFor = Options.Single<TimeSpan?>("--valid-for", "DURATION",
            "How long the approval holds: 8h. A ring that has not begun by then needs another. For ever by default.",
            text => Options.ParseDuration(text));
        var reason = new Option<string?>("--reason") { Description = "Why. The history keeps it.", HelpName = "TEXT" };
        var whatIf = Options.Switch("--what-if", "Show what would be approved, and write nothing.");
        var command = new Command("approve", "Approve a ring that waits for a person, or will. A rollout that waits then has to be resumed.")
        {
            id, ring, validFor, reason, whatIf,
        };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            var (name, which) = (run.Parsed.GetRequiredValue(id), run.Parsed.GetValue(ring) ?? string.Empty);
            var lasting = run.Parsed.GetValue(validFor);
            if (run.Parsed.GetValue(whatIf))
            {
                return run.WriteRollout(
                    (await run.Services.Rollouts.PreviewAsync(name, cancellationToken).ConfigureAwait(false)).Approve(which, lasting));
            }

            var rollout = await run.Services.Rollouts.ApproveAsync(name, which, lasting, run.Parsed.GetValue(reason) ?? string.Empty,
                run.Notices, cancellationToken).ConfigureAwait(false);
            return run.WriteRollout(rollout, wanted: rollout.Status);
        }));
        return command;
    }
}
