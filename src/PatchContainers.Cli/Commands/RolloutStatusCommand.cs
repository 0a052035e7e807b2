using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout status</c>.</summary>
internal static class RolloutStatusCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var id = new Argument<string?>("ID")
        {
            Description = "The rollout. Without it, all of them, oldest first.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("status", "Show rollouts as their journals have them.") { id };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            if (run.Parsed.GetValue(id) is { } name)
            {
                run.Write(await run.Services.Rollouts.GetAsync(name, cancellationToken).ConfigureAwait(false));
                return ExitCode.Done;
            }

            var rollouts = run.Services.Rollouts.ListAsync(run.Notices, cancellationToken);
            return await run.WriteAllAsync(rollouts, null, cancellationToken).ConfigureAwait(false);
        }));
        return command;
    }
}
