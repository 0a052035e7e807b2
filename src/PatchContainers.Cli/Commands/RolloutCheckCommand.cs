using System.CommandLine;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout check</c>.</summary>
internal static class RolloutCheckCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var plan = new Argument<string>("FILE") { Description = "The plan file." };
        var command = new Command("check", "Explain a plan ring by ring, and find what is wrong with it. Exit code 1 where it is not valid.")
        {
            plan,
        };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            var report = await run.Services.Plans.CheckAsync(run.Parsed.GetRequiredValue(plan), run.Notices, cancellationToken)
                .ConfigureAwait(false);
            run.Write(report);
            return !report.IsValid ? ExitCode.Failed : run.IsStrict && report.Warnings.Count > 0 ? ExitCode.Partly : ExitCode.Done;
        }));
        return command;
    }
}
