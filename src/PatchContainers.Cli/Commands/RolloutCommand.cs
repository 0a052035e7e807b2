using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout</c>: new images into the files that name them, ring by ring.</summary>
internal static class RolloutCommand
{
    public static Command Create(CliHost host, GlobalOptions globals) =>
        new("rollout", "Roll new images out, ring by ring, under gates and with a journal.")
        {
            RolloutCheckCommand.Create(host, globals),
            RolloutStartCommand.Create(host, globals),
            RolloutStatusCommand.Create(host, globals),
            RolloutResumeCommand.Create(host, globals),
            RolloutApproveCommand.Create(host, globals),
            RolloutStopCommand.Create(host, globals),
            RolloutUndoCommand.Create(host, globals),
        };
}
