using System.CommandLine;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Updating;

namespace PatchContainers.Cli.Commands;

/// <summary><c>rollout start</c>.</summary>
internal static class RolloutStartCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var path = new Option<string>("--path")
        {
            Description = "The folder that holds one folder a ring.",
            HelpName = "DIR",
            Required = true,
        };
        var rings = Rings("--ring", "The rings to run, in order: staging,production.", required: true);
        var order = Rings("--ring-order",
            "The order of all rings, where --ring names only some and it cannot be told from their names or earlier rollouts.",
            required: false);
        var failOn = Options.Choice("--fail-on", "The policy gate: a ring fails with a finding at or above this severity that has a fix.",
            Severity.High);
        var noGate = Options.Switch("--no-gate", "No policy gate.");
        var failure = Options.Choice("--failure-action", "What a failed change or gate leads to.", FailureAction.Rollback);
        var inconclusive = Options.Choice("--inconclusive-action", "What a gate that could not say leads to.", InconclusiveAction.Pause);
        var scope = RollbackScopes();
        var skipRefused = Options.Switch("--skip-refused", "Go on without the changes that are refused. By default nothing begins then.");
        var whatIf = Options.Switch("--what-if", "Show the plan, and write nothing.");
        var stores = new StoreArguments();
        var command = new Command("start", "Start a rollout of the updates that are piped in.")
        {
            path, rings, order, failOn, noGate, failure, inconclusive, scope, skipRefused, whatIf,
        };
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, async (run, cancellationToken) =>
        {
            var updates = await ReadUpdatesAsync(run, cancellationToken).ConfigureAwait(false);
            if (run.Notices.Failures > 0)
            {
                throw new PatchException(PatchErrorCode.InvalidArgument, run.Parsed.GetRequiredValue(path),
                    $"Nothing was rolled out: {run.Notices.Failures} of the records could not be read. "
                    + "A rollout without them would be another one than was asked for.");
            }

            if (updates.Count == 0)
            {
                return ExitCode.Done;
            }

            var plan = await run.Services.Rollouts.PlanAsync(new RolloutRequest
            {
                Updates = updates,
                Plan = PatchPlan.OfFolders(run.Parsed.GetRequiredValue(path), run.Parsed.GetValue(rings)!.SelectMany(r => r),
                    run.Parsed.GetValue(noGate) ? [] : [PolicyGate.Define(run.Parsed.GetValue(failOn))]) with
                {
                    RingOrder = [.. run.Parsed.GetValue(order)!.SelectMany(r => r)],
                    OnFailure = run.Parsed.GetValue(failure),
                    OnInconclusive = run.Parsed.GetValue(inconclusive),
                    RollbackScope = run.Parsed.GetValue(scope),
                },
                SkipRefused = run.Parsed.GetValue(skipRefused),
            }, run.Notices, cancellationToken).ConfigureAwait(false);
            return run.WriteRollout(run.Parsed.GetValue(whatIf)
                ? plan.ToRollout()
                : await run.Services.Rollouts.StartAsync(plan, new RolloutRunOptions(), run.Notices, cancellationToken).ConfigureAwait(false));
        }));
        return command;
    }

    /// <summary>The option that <c>undo</c> takes too.</summary>
    public static Option<RollbackScope> RollbackScopes() =>
        Options.Choice("--rollback-scope", "How much is put back: the whole rollout, or the last ring begun.", RollbackScope.Rollout);

    private static Option<string[][]> Rings(string name, string description, bool required) =>
        Options.List(name, "RING,...", description,
            text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), required);

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
