using System.CommandLine;
using System.CommandLine.Parsing;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Updating;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout start</c>.</summary>
internal static class RolloutStartCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var path = new Option<string?>("--path") { Description = "The folder that holds one folder a ring.", HelpName = "DIR" };
        var planFile = new Option<string?>("--plan") { Description = "A plan file, in place of --path.", HelpName = "FILE" };
        var rings = Options.Names("--ring", "RING,...", "The rings to run: of a folder, in order; of a plan, all of them by default.");
        var order = Options.Names("--ring-order", "RING,...",
            "The order of all rings, where --ring names only some and it cannot be told from their names or earlier rollouts.");
        var failOn = Options.Choice("--fail-on", "The policy gate: a ring fails with a finding at or above this severity that has a fix.",
            Severity.High);
        var noGate = Options.Switch("--no-gate", "No policy gate.");
        var failure = Options.Choice("--failure-action", "What a failed change or gate leads to.", FailureAction.Rollback);
        var inconclusive = Options.Choice("--inconclusive-action", "What a gate that could not say leads to.", InconclusiveAction.Pause);
        var scope = RollbackScopes();
        var skipRefused = Options.Switch("--skip-refused", "Go on without the changes that are refused. By default nothing begins then.");
        var skipGates = Options.Names("--skip-gate", "GATE,...", "Gates that are not asked, by name. The history records who decided so.");
        var force = Options.Switch("--force", "Change objects too that another tool owns (Argo CD, Flux, Helm). It passes by no gate.");
        var maxDuration = MaxDurations();
        var detach = Options.Switch("--detach", "Write the rollout down, and begin nothing until it is resumed.");
        var whatIf = Options.Switch("--what-if", "Show the plan, and write nothing.");
        var stores = new StoreArguments();
        var command = new Command("start", "Start a rollout of the updates that are piped in.")
        {
            path, planFile, rings, order, failOn, noGate, failure, inconclusive, scope, skipGates, skipRefused, force, maxDuration, detach,
            whatIf,
        };
        command.Validators.Add(result => CheckForm(result, path, planFile, rings, [order, failOn, noGate, failure, inconclusive, scope]));
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, async (run, cancellationToken) =>
        {
            var updates = await ReadUpdatesAsync(run, cancellationToken).ConfigureAwait(false);
            if (run.Notices.Failures > 0)
            {
                throw new PatchException(PatchErrorCode.InvalidArgument, (run.Parsed.GetValue(planFile) ?? run.Parsed.GetValue(path))!,
                    $"Nothing was rolled out: {run.Notices.Failures} of the records could not be read. "
                    + "A rollout without them would be another one than was asked for.");
            }

            if (updates.Count == 0)
            {
                return ExitCode.Done;
            }

            string[] named = [.. run.Parsed.GetValue(rings)!.SelectMany(r => r)];
            var file = run.Parsed.GetValue(planFile);
            var plan = await run.Services.Rollouts.PlanAsync(new RolloutRequest
            {
                Updates = updates,
                Plan = file is not null ? run.Services.Plans.Read(file)
                    : PatchPlan.OfFolders(run.Parsed.GetValue(path)!, named,
                        run.Parsed.GetValue(noGate) ? [] : [PolicyGate.Define(run.Parsed.GetValue(failOn))]) with
                    {
                        RingOrder = [.. run.Parsed.GetValue(order)!.SelectMany(r => r)],
                        OnFailure = run.Parsed.GetValue(failure),
                        OnInconclusive = run.Parsed.GetValue(inconclusive),
                        RollbackScope = run.Parsed.GetValue(scope),
                    },
                Rings = file is not null ? named : [],
                SkipGates = [.. run.Parsed.GetValue(skipGates)!.SelectMany(g => g)],
                SkipRefused = run.Parsed.GetValue(skipRefused),
                Force = run.Parsed.GetValue(force),
            }, run.Notices, cancellationToken).ConfigureAwait(false);
            var options = new RolloutRunOptions { MaxDuration = run.Parsed.GetValue(maxDuration), Detach = run.Parsed.GetValue(detach) };
            return run.WriteRollout(run.Parsed.GetValue(whatIf)
                ? plan.ToRollout()
                : await run.Services.Rollouts.StartAsync(plan, options, run.Notices, cancellationToken).ConfigureAwait(false));
        }));
        return command;
    }

    /// <summary>The option that <c>undo</c> takes too.</summary>
    public static Option<RollbackScope> RollbackScopes() =>
        Options.Choice("--rollback-scope", "How much is put back: the whole rollout, or the last ring begun.", RollbackScope.Rollout);

    /// <summary>The option that <c>resume</c> takes too.</summary>
    public static Option<TimeSpan?> MaxDurations() => Options.Single<TimeSpan?>("--max-duration", "DURATION",
        "How long this run may take: 2h30m. It then stops where nothing is half done, and the rollout waits to be resumed.",
        text => Options.ParseDuration(text));

    // What a plan says, no option says as well.
    private static void CheckForm(CommandResult result, Option<string?> path, Option<string?> plan, Option rings, Option[] ofPath)
    {
        if (IsGiven(result, path) == IsGiven(result, plan))
        {
            result.AddError("Give either --path or --plan.");
        }
        else if (IsGiven(result, path) && !IsGiven(result, rings))
        {
            result.AddError("--path needs --ring: the rings to run, in order.");
        }
        else if (IsGiven(result, plan) && Array.Find(ofPath, o => IsGiven(result, o)) is { } extra)
        {
            result.AddError($"{extra.Name} goes with --path; with --plan, the plan says so.");
        }
    }

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static async Task<List<BaseImageUpdate>> ReadUpdatesAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var updates = new List<BaseImageUpdate>();
        const string Missing = "Nothing to roll out. Run patchcontainers update first, and pipe what it writes into this";
        await foreach (var record in run.ReadPipeAsync(Missing, cancellationToken).ConfigureAwait(false))
        {
            if (run.TryReport(record.ToUpdate, out var update))
            {
                updates.Add(update);
            }
        }

        return updates;
    }
}
