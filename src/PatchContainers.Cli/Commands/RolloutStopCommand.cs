using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout stop</c>.</summary>
internal static class RolloutStopCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var id = new Argument<string>("ID") { Description = "The rollout." };
        var reason = new Option<string>("--reason") { Description = "Why. The history keeps it.", HelpName = "TEXT", Required = true };
        var whatIf = Options.Switch("--what-if", "Show what would be put back, and write nothing.");
        var command = new Command("stop", "Stop a rollout for good, where nothing is half done. What was changed stays, and can be undone.")
        {
            id, reason, whatIf,
        };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            var name = run.Parsed.GetRequiredValue(id);
            if (run.Parsed.GetValue(whatIf))
            {
                return run.WriteRollout((await run.Services.Rollouts.PreviewAsync(name, cancellationToken).ConfigureAwait(false)).Stop());
            }

            var rollout = await run.Services.Rollouts.StopAsync(name, run.Parsed.GetRequiredValue(reason), run.Notices, cancellationToken)
                .ConfigureAwait(false);
            return run.WriteRollout(rollout, wanted: Rollout.RolloutStatus.Stopped);
        }));
        return command;
    }
}
