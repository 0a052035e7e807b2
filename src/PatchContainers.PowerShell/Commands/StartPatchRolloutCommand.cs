using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Records;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Updating;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Rolls updates out ring by ring, under gates, and puts everything back where a ring fails.</summary>
[Cmdlet(VerbsLifecycle.Start, "PatchRollout", SupportsShouldProcess = true, DefaultParameterSetName = PathSet)]
[OutputType(typeof(PatchRollout))]
public sealed class StartPatchRolloutCommand : RolloutCmdlet
{
    private const string PathSet = "Path";
    private const string PlanSet = "Plan";

    private readonly List<BaseImageUpdate> _updates = [];
    private int _faults;

    /// <summary>What Update-BaseImage wrote, in any form in which it arrives.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [RecordTransformation]
    public object[] InputObject { get; set; } = [];

    /// <summary>The folder that holds one folder a ring.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The plan file.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PlanSet)]
    [ValidateNotNullOrEmpty]
    public string Plan { get; set; } = string.Empty;

    /// <summary>The rings to run: of a folder, by their folders' names, in order; of a plan, all of them by default.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = PlanSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RingCompleter))]
    public string[] Ring { get; set; } = [];

    /// <summary>
    /// The order of all rings, where -Ring names only some of them and it cannot be told from their names or from earlier rollouts.
    /// </summary>
    [Parameter(ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RingCompleter))]
    public string[] RingOrder { get; set; } = [];

    /// <summary>The policy gate: a ring fails with a finding at or above this severity that has a fix.</summary>
    [Parameter(ParameterSetName = PathSet)]
    public Severity FailOn { get; set; } = Severity.High;

    /// <summary>No policy gate.</summary>
    [Parameter(ParameterSetName = PathSet)]
    public SwitchParameter NoGate { get; set; }

    /// <summary>What a failed change or gate leads to.</summary>
    [Parameter(ParameterSetName = PathSet)]
    public FailureAction FailureAction { get; set; }

    /// <summary>What a gate that could not say leads to.</summary>
    [Parameter(ParameterSetName = PathSet)]
    public InconclusiveAction InconclusiveAction { get; set; }

    /// <summary>How much is put back.</summary>
    [Parameter(ParameterSetName = PathSet)]
    public RollbackScope RollbackScope { get; set; }

    /// <summary>Goes on without the changes that are refused. By default nothing begins then.</summary>
    [Parameter]
    public SwitchParameter SkipRefused { get; set; }

    /// <summary>Gates that are not asked, by name. The history records who decided so.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(GateCompleter))]
    public string[] SkipGate { get; set; } = [];

    /// <summary>Changes objects too that another tool owns (Argo CD, Flux, Helm). It passes by no gate.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How long this run may take; it then stops where nothing is half done.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? MaxDuration { get; set; }

    /// <summary>Writes the rollout down, and begins nothing until it is resumed.</summary>
    [Parameter]
    public SwitchParameter Detach { get; set; }

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
            throw new PatchException(PatchErrorCode.InvalidArgument, ParameterSetName == PlanSet ? Plan : Path,
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
            Plan = ParameterSetName == PlanSet ? Services.Plans.Read(FullPath(Plan))
                : PatchPlan.OfFolders(FullPath(Path), Ring, NoGate ? [] : [PolicyGate.Define(FailOn)]) with
                {
                    RingOrder = RingOrder,
                    OnFailure = FailureAction,
                    OnInconclusive = InconclusiveAction,
                    RollbackScope = RollbackScope,
                },
            Rings = ParameterSetName == PlanSet ? Ring : [],
            SkipGates = SkipGate,
            SkipRefused = SkipRefused,
            Force = Force,
        }, notices, token));
        var text = PlanTexts.Of(plan);
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name, out var reason))
        {
            var options = new RolloutRunOptions { MaxDuration = MaxDuration, Detach = Detach };
            Write(Await((notices, token) => Services.Rollouts.StartAsync(plan, options, notices, token)), undo: false);
        }
        else if (reason == ShouldProcessReason.WhatIf)
        {
            WriteObject(plan.ToRollout());
        }
    }
}
