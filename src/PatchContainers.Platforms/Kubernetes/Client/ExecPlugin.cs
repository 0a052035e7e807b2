using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>Runs the program that a kubeconfig names for credentials, where programs may be started.</summary>
internal sealed class ExecPlugin(KubeUser user, KubeExec exec, KubernetesClientOptions options)
{
    private const int MaxOutput = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs it, and reads the credential that it prints.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>: programs may not be started here;
    /// <see cref="PatchErrorCode.Unauthorized"/>: it gave no credential.</exception>
    public async Task<ExecCredential> RunAsync(KubeCluster cluster, CancellationToken cancellationToken)
    {
        var program = new ExternalProgram(options.TimeProvider, options.Variable);
        if (program.IsForbidden)
        {
            throw new PatchException(PatchErrorCode.NotSupported, user.File, $"The user '{user.Name}' in {user.File} gets credentials from "
                + $"the program '{exec.Command}', and {ExternalProgram.ForbiddenVariable} forbids to start programs. Use a token or a certificate.");
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in exec.Environment)
        {
            environment[name] = value;
        }

        environment[ExecCredential.InfoVariable] = ExecCredential.Info(exec, cluster);
        try
        {
            // All of its environment, as kubectl gives it: plugins find their own settings there.
            return await program.RunAsync(new ProgramCall
            {
                Command = exec.Command,
                Arguments = exec.Arguments,
                Environment = environment,
                Timeout = Patience,
                MaxOutputBytes = MaxOutput,
            }, output => ExecCredential.Parse(All(output), exec), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FormatException or ProgramFaultException)
        {
            var hint = e.InnerException is System.ComponentModel.Win32Exception && exec.InstallHint.Length > 0
                ? ". " + ExternalProgram.OneLine(exec.InstallHint) : string.Empty;
            throw new PatchException(PatchErrorCode.Unauthorized, user.File, $"The user '{user.Name}' in {user.File} gets credentials from the "
                + $"program '{exec.Command}', and {e.Message}{hint}. Run it by hand, or use a token or a certificate.", e);
        }
    }

    private static byte[] All(Stream output)
    {
        using var all = new MemoryStream();
        output.CopyTo(all);
        return all.ToArray();
    }
}
