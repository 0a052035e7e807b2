using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout undo</c>.</summary>
internal static class RolloutUndoCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var id = new Argument<string>("ID") { Description = "The rollout." };
        var scope = RolloutStartCommand.RollbackScopes();
        var whatIf = Options.Switch("--what-if", "Show what would be put back, and write nothing.");
        var command = new Command("undo", "Put back what a rollout changed, where it still holds what was written.") { id, scope, whatIf };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            var (name, extent) = (run.Parsed.GetRequiredValue(id), run.Parsed.GetValue(scope));
            if (run.Parsed.GetValue(whatIf))
            {
                return run.WriteRollout(
                    (await run.Services.Rollouts.PreviewAsync(name, cancellationToken).ConfigureAwait(false)).Undo(extent));
            }

            var rollout = await run.Services.Rollouts.UndoAsync(name, extent, run.Notices, cancellationToken).ConfigureAwait(false);
            return run.WriteRollout(rollout, undo: true);
        }));
        return command;
    }
}
