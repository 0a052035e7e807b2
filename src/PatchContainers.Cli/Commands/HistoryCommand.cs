using System.CommandLine;
using PatchContainers.History;

namespace PatchContainers.Cli.Commands;

/// <summary><c>history</c>: what was decided, and whether the record of it is whole.</summary>
internal static class HistoryCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var image = new Option<string?>("--image")
        {
            Description = "Only records of this image, with or without its tag.",
            HelpName = "NAME",
        };
        var cve = new Option<string?>("--cve") { Description = "Only records that name this vulnerability.", HelpName = "CVE" };
        var rollout = new Option<string?>("--rollout") { Description = "Only records of this rollout.", HelpName = "ID" };
        var since = Options.Single<DateTimeOffset?>("--since", "TIME", "The earliest time, inclusive.", text => Options.ParseTime(text));
        var until = Options.Single<DateTimeOffset?>("--until", "TIME", "The latest time, exclusive.", text => Options.ParseTime(text));
        var list = CommandRun.Action(host, globals, null, (run, cancellationToken) =>
            run.WriteAllAsync(run.Services.History.ReadAsync(new HistoryFilter
        {
            Image = run.Parsed.GetValue(image),
            Vulnerability = run.Parsed.GetValue(cve),
            Rollout = run.Parsed.GetValue(rollout),
            Since = run.Parsed.GetValue(since),
            Until = run.Parsed.GetValue(until),
        }, cancellationToken), null, cancellationToken));

        // The bare verb lists too.
        var command = new Command("history", "Show what was decided, oldest first, or verify that the record of it is whole.")
        {
            image, cve, rollout, since, until,
        };
        var listCommand = new Command("list", "Show the history's records, oldest first.") { image, cve, rollout, since, until };
        command.SetAction(list);
        listCommand.SetAction(list);
        command.Subcommands.Add(listCommand);
        command.Subcommands.Add(Verify(host, globals));
        return command;
    }

    private static Command Verify(CliHost host, GlobalOptions globals)
    {
        var expected = Options.Single<HistoryHead?>("--expected-head", "SEQUENCE:HASH",
            "A head that was kept elsewhere, as every rollout prints one. By default, those in the rollouts' journals are compared with.",
            HistoryHead.Parse);
        var command = new Command("verify", "Check every record against the one before, and against the heads that were kept. Exit code 1 when anything is wrong.") { expected };
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            var head = run.Parsed.GetValue(expected);
            var verification = await run.Services.HistoryAudit.VerifyAsync(head, cancellationToken).ConfigureAwait(false);
            run.Write(verification);
            return verification.IsIntact ? ExitCode.Done : ExitCode.Failed;
        }));
        return command;
    }
}
