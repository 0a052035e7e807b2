using System.CommandLine;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.Cli.Commands;

/// <summary><c>window</c>: whether changes may be made at a time.</summary>
internal static class WindowCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var windows = Options.List("--window", "TEXT",
            "A window: 'Sat,Sun 02:00 +4h Europe/Berlin', '2026-11-28 02:00 +4h UTC'. Without one, it is always open.",
            text => MaintenanceWindow.Parse(text).ToString());
        var freezes = Options.List("--blackout", "TEXT",
            "Days on which nothing is changed: '2026-12-20..2027-01-06 Europe/Berlin'. The zone may be the windows' own.",
            text =>
            {
                // Which zone one without a zone has, the windows say later.
                FreezePeriod.Parse(text, "UTC");
                return text;
            });
        var at = Options.Single<DateTimeOffset?>("--at", "TIME", "The time that is asked about; now by default.",
            text => Options.ParseTime(text));
        var duration = Options.Single<TimeSpan?>("--duration", "DURATION", "How long the work takes that is to fit: 90m, 1h30m.",
            text => Options.ParseDuration(text));
        var plan = new Option<string?>("--plan")
        {
            Description = "A plan file: its rings' windows, in place of --window.",
            HelpName = "FILE",
        };
        var rings = Options.Names("--ring", "RING,...", "The rings of the plan that are asked about; all of them by default.");
        var command = new Command("window",
            "Say whether changes may be made, and when that changes. Exit code 1 when they may not, or would not be done in time.")
        {
            windows, freezes, plan, rings, at, duration,
        };
        command.SetAction(CommandRun.Action(host, globals, null, (run, _) =>
        {
            var (time, work) = (run.Parsed.GetValue(at) ?? run.Services.TimeProvider.GetUtcNow(), run.Parsed.GetValue(duration));
            var (named, blackouts, file, of) = (run.Parsed.GetValue(windows)!, run.Parsed.GetValue(freezes)!, run.Parsed.GetValue(plan),
                run.Parsed.GetValue(rings)!.SelectMany(r => r).ToArray());
            if (file is null ? of.Length > 0 : named.Length + blackouts.Length > 0)
            {
                throw new UsageException("--plan goes without --window and --blackout, and --ring with --plan alone.");
            }

            var states = file is null ? [PatchWindows.Parse(named, blackouts).Evaluate(time, work)]
                : run.Services.Plans.Windows(file, of, time, work);
            foreach (var state in states)
            {
                run.Write(state);
            }

            return Task.FromResult(states.All(s => s.Fits) ? ExitCode.Done : ExitCode.Failed);
        }));
        return command;
    }
}
