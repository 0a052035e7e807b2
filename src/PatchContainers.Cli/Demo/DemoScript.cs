using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.Cli.Demo;

/// <summary>The demo, from the first line to the last. Every number in it comes from the records that the commands wrote.</summary>
internal sealed class DemoScript(CliHost host, DemoWorkspace workspace, DemoProgram program)
{
    private readonly DemoShell _shell = new(host, program, DemoPath.Show(workspace.State));
    private readonly DemoDeployment _deployment = new(workspace);
    private readonly string _deploy = DemoPath.Show(workspace.Deploy);

    private string[] Stale => ["stale", "--path", _deploy];

    private string[] Start => ["rollout", "start", "--path", _deploy, "--ring", $"{DemoDeployment.Staging},{DemoDeployment.Production}"];

    /// <summary>Runs it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: something did not come out as promised.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Introduce();
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        await ImportAsync("1. What is known: advisories", "2023-12", cancellationToken).ConfigureAwait(false);
        await FindAsync(cancellationToken).ConfigureAwait(false);
        await ScanAsync(cancellationToken).ConfigureAwait(false);
        await UpdateAsync(cancellationToken).ConfigureAwait(false);
        var patched = await RollOutAsync(cancellationToken).ConfigureAwait(false);
        await new DemoCrash(_shell, _deployment, program).RunAsync(Stale, Start, patched, cancellationToken).ConfigureAwait(false);
        var failed = await FailGateAsync(cancellationToken).ConfigureAwait(false);
        await new DemoTampering(_shell, workspace).RunAsync(failed.Id, cancellationToken).ConfigureAwait(false);
        Conclude();
        if (_shell.Surprises.Count > 0)
        {
            throw new PatchException(PatchErrorCode.Conflict, "demo", $"Not as promised: {string.Join("; ", _shell.Surprises)}.");
        }
    }

    /// <summary>Makes images, files and settings, and says where they are.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await DemoSetup.WriteAsync(workspace, host, cancellationToken).ConfigureAwait(false);
        _shell.Say($"""
            {DemoPath.Show(workspace.Registry)}: the images, each for linux/amd64 and linux/arm64
            {_deploy}: Kubernetes manifests and Compose files, staging and production
            {DemoPath.Show(workspace.Data)}: the package lists and advisories
            {DemoPath.Show(workspace.State)}: settings.json says that {DemoImages.Registry} is the folder of images,
            and {DemoImages.Base} a base to look for

            """);
    }

    private void Introduce()
    {
        _shell.Say($"""
            PatchContainers: a demo in {DemoPath.Show(workspace.Root)}

            What is real: the program. Every line after a '$' is a command that you can type; it runs here, on a folder of OCI
            images that stands for a registry, and on Kubernetes manifests and Compose files. Package lists, versions and
            vulnerabilities are those of Debian 12: the base as of July 2023 (12.1), and its successor of December 2023 (12.4). They
            were written for this demo, the vulnerabilities in OSV form, with links to Debian's security tracker.
            What is not: the programs inside the images are placeholders, no container is started, and no cluster is asked.

            """);
    }

    private async Task ImportAsync(string title, string month, CancellationToken cancellationToken)
    {
        _shell.Say(title);
        await _shell.RunAsync(cancellationToken,
            [["advisories", "update", "--path", DemoPath.Show(Path.Combine(workspace.Data, "advisories", month))]]).ConfigureAwait(false);
    }

    private async Task FindAsync(CancellationToken cancellationToken)
    {
        _shell.Say("2. Which images have fallen behind?");
        var result = await _shell.RunAsync(cancellationToken, [[.. Stale, "--all"]]).ConfigureAwait(false);
        var images = result.Of<StaleImage>().ToArray();
        _shell.Say($"{images.Length} images: {Count(StaleStatus.Stale)} stale, {Count(StaleStatus.Fresh)} fresh, "
            + $"{Count(StaleStatus.Unknown)} unknown. Unknown is not fresh: there is no evidence either way.\n");

        int Count(StaleStatus status) => images.Count(i => i.Status == status);
    }

    private async Task ScanAsync(CancellationToken cancellationToken)
    {
        _shell.Say("3. What is wrong with them?");
        await _shell.RunAsync(cancellationToken, [[.. Stale, "--all"], ["scan"]]).ConfigureAwait(false);
        var result = await _shell.RunAsync(cancellationToken, ["stale", "--image", DemoImages.Web.ToString()],
            ["scan", "--platform", "linux/amd64", "--details"]).ConfigureAwait(false);
        foreach (var scan in result.Of<ImageScanResult>())
        {
            _shell.Say($"{scan.Findings.Count} findings in {scan.PackageCount} packages, {scan.FixableCount} of them with a fix in "
                + $"Debian 12, {scan.Findings.Count(f => f.Origin == FindingOrigin.Base)} of them from the base image.\n");
        }
    }

    private async Task UpdateAsync(CancellationToken cancellationToken)
    {
        _shell.Say("4. Put the current base under them, where that is safe");
        var result = await _shell.RunAsync(cancellationToken, Stale, ["update"]).ConfigureAwait(false);
        var updates = result.Of<BaseImageUpdate>().ToArray();
        foreach (var update in updates.Where(u => u.Status == UpdateStatus.Updated))
        {
            _shell.Say($"{update.Image} was rebased: {Distinct(update.Fixed)} vulnerabilities fixed, {Distinct(update.Remaining)} left, "
                + "proved by a scan of what was written.");
        }

        var refused = updates.Count(u => u.Status == UpdateStatus.Refused);
        _shell.Say($"{refused} were refused for the reasons above: no image was written for them.\n");
    }

    private static int Distinct(IReadOnlyList<UpdateFinding> findings) => findings.Select(f => f.Id).Distinct().Count();

    private async Task<string> RollOutAsync(CancellationToken cancellationToken)
    {
        _shell.Say("5. Roll out, ring by ring");
        var before = _deployment.Hash();
        var lines = _deployment.ReadLines();
        var result = await _shell.RunAsync(cancellationToken, Stale, ["update"], Start).ConfigureAwait(false);
        var rollout = result.Single<PatchRollout>();
        var patched = _deployment.Hash();
        SayDifferences(lines, _deployment.ReadLines());
        _shell.Say($"  {_deploy} was {before}");
        _shell.Say($"  {_deploy} is  {patched}\n");
        _shell.Say("And back again, byte for byte:");
        await _shell.RunAsync(cancellationToken, [["rollout", "undo", rollout.Id]]).ConfigureAwait(false);
        var undone = _deployment.Hash();
        _shell.Expect(undone == before, "undo puts every byte back");
        _shell.Say($"  {_deploy} is  {undone}{(undone == before ? ", as before" : ", which differs from before")}\n");
        return patched;
    }

    private void SayDifferences(IReadOnlyDictionary<string, string[]> before, IReadOnlyDictionary<string, string[]> after)
    {
        var differences = before
            .SelectMany(file => file.Value.Zip(after[file.Key], (Old, New) => (File: file.Key, Old, New)))
            .Where(line => line.Old != line.New).ToArray();
        var sample = differences.FirstOrDefault().File;
        _shell.Say($"{differences.Length} of {before.Values.Sum(file => file.Length)} lines differ, "
            + $"in {differences.Select(d => d.File).Distinct().Count()} of {before.Count} files. Those of {sample}:");
        foreach (var (_, old, now) in differences.Where(d => d.File == sample))
        {
            _shell.Say($"  - {old.Trim()}\n  + {now.Trim()}");
        }
    }

    private async Task<PatchRollout> FailGateAsync(CancellationToken cancellationToken)
    {
        await ImportAsync("7. A month later: a new advisory, and a gate that fails", "2024-01", cancellationToken).ConfigureAwait(false);
        var staging = _deployment.Hash(DemoDeployment.Staging);
        var production = _deployment.Hash(DemoDeployment.Production);
        _shell.Say("The same image, rolled out again. The gate scans what runs in staging with what is known today:");
        var result = await _shell.RunAsync(cancellationToken, Stale, ["update"], Start).ConfigureAwait(false);
        var rollout = result.Single<PatchRollout>();
        foreach (var ring in rollout.Rings)
        {
            var changes = rollout.Changes.Where(c => c.Ring == ring.Name).ToArray();
            _shell.Say($"  {ring.Name}: {ring.Status}, {changes.Count(c => c.Status == ChangeStatus.RolledBack)} changes put back, "
                + $"{changes.Count(c => c.Status == ChangeStatus.Planned)} never made");
        }

        Compare(DemoDeployment.Staging, staging);
        Compare(DemoDeployment.Production, production);
        _shell.Say(string.Empty);
        _shell.Expect(rollout.Status != RolloutStatus.RolledBack || _deployment.Hash(DemoDeployment.Production) == production,
            "a gate that fails in staging leaves production as it was");
        return rollout;
    }

    private void Compare(string ring, string before)
    {
        var after = _deployment.Hash(ring);
        _shell.Say($"  {ring,-10} before {before}\n  {string.Empty,-10} after  {after}{(after == before ? " (equal)" : " (different)")}");
    }

    private void Conclude()
    {
        _shell.Say("Now you. These work from this shell as they are:");
        foreach (var line in new[]
        {
            _shell.Line([.. Stale, "--all", "--details"]),
            _shell.Line(Stale, ["scan", "--fail-on", "critical"]),
            _shell.Line(["history", "list", "--image", DemoImages.Web.WithoutDigest().Name, "--details"]),
            _shell.Line(["history", "verify"]),
        })
        {
            _shell.Echo(line);
        }

        _shell.Say("\nAnd with an image of your own (docker save -o my-image.tar IMAGE; only the demo's few advisories are known so far):");
        _shell.Echo(_shell.Line(["scan", "--image", "docker-archive:my-image.tar", "--details"]));
    }
}
