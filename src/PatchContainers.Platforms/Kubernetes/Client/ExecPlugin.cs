using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>
/// Runs the program that a kubeconfig names for credentials: the one process that the libraries start, and only where it is allowed.
/// Without a shell, with a limit on its time and its output.
/// </summary>
internal sealed class ExecPlugin(KubeUser user, KubeExec exec, KubernetesClientOptions options)
{
    /// <summary>The environment variable that forbids to start programs; any value does.</summary>
    public const string ForbiddenVariable = "PATCHCONTAINERS_NO_EXTERNAL_PROCESS";

    private const int MaxOutput = 1024 * 1024;
    private const int MaxErrors = 2000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs it, and reads the credential that it prints.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>: programs may not be started here;
    /// <see cref="PatchErrorCode.Unauthorized"/>: it gave no credential.</exception>
    public async Task<ExecCredential> RunAsync(KubeCluster cluster, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(options.Variable(ForbiddenVariable)))
        {
            throw new PatchException(PatchErrorCode.NotSupported, user.File, $"The user '{user.Name}' in {user.File} gets credentials from "
                + $"the program '{exec.Command}', and {ForbiddenVariable} forbids to start programs. Use a token or a certificate.");
        }

        using var timeout = new CancellationTokenSource(Patience, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var process = Start(cluster);
        try
        {
            process.StandardInput.Close();
            var errors = ReadErrorsAsync(process, either.Token);
            var output = await ReadOutputAsync(process, either.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
            var said = await errors.ConfigureAwait(false);
            return process.ExitCode == 0 ? ExecCredential.Parse(output, exec)
                : throw new FormatException($"it ended with exit code {process.ExitCode}{(said.Length > 0 ? " and said: " + said : string.Empty)}");
        }
        catch (FormatException e)
        {
            throw Failed(e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"it did not end within {Patience.TotalSeconds:0} seconds", e);
        }
        finally
        {
            Kill(process);
        }
    }

    private Process Start(KubeCluster cluster)
    {
        var start = new ProcessStartInfo(exec.Command)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in exec.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in exec.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[ExecCredential.InfoVariable] = ExecCredential.Info(exec, cluster);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw Failed($"it cannot be started ({e.Message}){(exec.InstallHint.Length > 0 ? ". " + OneLine(exec.InstallHint) : string.Empty)}", e);
        }
    }

    private static async Task<byte[]> ReadOutputAsync(Process process, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        var buffer = new byte[8192];
        for (int read; (read = await process.StandardOutput.BaseStream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            output.Write(buffer, 0, read);
            if (output.Length > MaxOutput)
            {
                throw new FormatException($"it printed more than {MaxOutput} bytes");
            }
        }

        return output.ToArray();
    }

    // Read to the end, so that a full pipe does not stop the program; the first part is kept.
    private static async Task<string> ReadErrorsAsync(Process process, CancellationToken cancellationToken)
    {
        var errors = new StringBuilder();
        var buffer = new char[1024];
        for (int read; (read = await process.StandardError.ReadAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false)) > 0;)
        {
            errors.Append(buffer, 0, Math.Min(read, Math.Max(0, MaxErrors - errors.Length)));
        }

        return OneLine(errors.ToString());
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (InvalidOperationException)
        {
            // It ended between the two lines.
        }
    }

    private static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 300 ? line[..300] + "..." : line;
    }

    private PatchException Failed(string fault, Exception cause) => new(PatchErrorCode.Unauthorized, user.File,
        $"The user '{user.Name}' in {user.File} gets credentials from the program '{exec.Command}', and {fault}. "
            + "Run it by hand, or use a token or a certificate.", cause);
}
