using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Records;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Updating;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Rolls updates out ring by ring, under gates, and puts everything back where a ring fails.</summary>
[Cmdlet(VerbsLifecycle.Start, "PatchRollout", SupportsShouldProcess = true)]
[OutputType(typeof(PatchRollout))]
public sealed class StartPatchRolloutCommand : RolloutCmdlet
{
    private readonly List<BaseImageUpdate> _updates = [];
    private int _faults;

    /// <summary>What Update-BaseImage wrote, in any form in which it arrives.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [RecordTransformation]
    public object[] InputObject { get; set; } = [];

    /// <summary>The folder that holds one folder a ring.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The rings to run, by their folders' names, in order.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RingCompleter))]
    public string[] Ring { get; set; } = [];

    /// <summary>
    /// The order of all rings, where -Ring names only some of them and it cannot be told from their names or from earlier rollouts.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RingCompleter))]
    public string[] RingOrder { get; set; } = [];

    /// <summary>The policy gate: a ring fails with a finding at or above this severity that has a fix.</summary>
    [Parameter]
    public Severity FailOn { get; set; } = Severity.High;

    /// <summary>No policy gate.</summary>
    [Parameter]
    public SwitchParameter NoGate { get; set; }

    /// <summary>What a failed change or gate leads to.</summary>
    [Parameter]
    public FailureAction FailureAction { get; set; }

    /// <summary>What a gate that could not say leads to.</summary>
    [Parameter]
    public InconclusiveAction InconclusiveAction { get; set; }

    /// <summary>How much is put back.</summary>
    [Parameter]
    public RollbackScope RollbackScope { get; set; }

    /// <summary>Goes on without the changes that are refused. By default nothing begins then.</summary>
    [Parameter]
    public SwitchParameter SkipRefused { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var input in InputObject)
        {
            _faults++;
            Each(() =>
            {
                _updates.Add(input switch
                {
                    PatchException fault => throw fault,
                    string text => throw new PatchException(PatchErrorCode.InvalidArgument, text,
                        $"'{text}' is an image's name, which does not say what it replaces and where. Give what Update-BaseImage wrote."),
                    _ => PipelineRecord.From(input).ToUpdate(),
                });
                _faults--;
            });
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        if (_faults > 0)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, Path,
                $"Nothing was rolled out: {_faults} of the records could not be read. "
                + "A rollout without them would be another one than was asked for.");
        }

        if (_updates.Count == 0)
        {
            return;
        }

        var plan = Await((notices, token) => Services.Rollouts.PlanAsync(new RolloutRequest
        {
            Updates = _updates,
            Plan = PatchPlan.OfFolders(FullPath(Path), Ring, NoGate ? [] : [PolicyGate.Define(FailOn)]) with
            {
                RingOrder = RingOrder,
                OnFailure = FailureAction,
                OnInconclusive = InconclusiveAction,
                RollbackScope = RollbackScope,
            },
            SkipRefused = SkipRefused,
        }, notices, token));
        var text = PlanTexts.Of(plan);
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name, out var reason))
        {
            Write(Await((notices, token) => Services.Rollouts.StartAsync(plan, new RolloutRunOptions(), notices, token)), undo: false);
        }
        else if (reason == ShouldProcessReason.WhatIf)
        {
            WriteObject(plan.ToRollout());
        }
    }
}
