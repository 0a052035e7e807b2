using System.CommandLine;
using PatchContainers.Rollout;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout resume</c>.</summary>
internal static class RolloutResumeCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var id = new Argument<string>("ID") { Description = "The rollout." };
        var maxDuration = RolloutStartCommand.MaxDurations();
        var whatIf = Options.Switch("--what-if", "Show what would be gone on with, and write nothing.");
        var stores = new StoreArguments();
        var command = new Command("resume", "Go on with a rollout that was killed or waits, without repeating or losing a step.")
        {
            id, maxDuration, whatIf,
        };
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, async (run, cancellationToken) =>
        {
            var name = run.Parsed.GetRequiredValue(id);
            if (run.Parsed.GetValue(whatIf))
            {
                return run.WriteRollout((await run.Services.Rollouts.PreviewAsync(name, cancellationToken).ConfigureAwait(false)).Resume());
            }

            var options = new RolloutRunOptions { MaxDuration = run.Parsed.GetValue(maxDuration) };
            return run.WriteRollout(await run.Services.Rollouts.ResumeAsync(name, options, run.Notices, cancellationToken).ConfigureAwait(false));
        }));
        return command;
    }
}
