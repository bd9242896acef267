//! Just enough HTTP to ask for pages over one connection.

use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A person's connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    cookie: String,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    cookies: Vec<String>,
}

impl Client {
    pub(crate) fn new(to: SocketAddr) -> Result<Client> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        Ok(Client { stream: BufReader::new(stream), cookie: String::new() })
    }

    /// Signs in; the session stays with the client.
    pub(crate) fn sign_in(&mut self, email: &str, password: &str) -> Result<()> {
        let form = format!(
            "email={}&password={}&csrf=&next=",
            email.replace('@', "%40"),
            password.replace(' ', "+")
        );
        let head = format!(
            "POST /sign-in HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let reply = self.ask(&head)?;
        if reply.status != 303 {
            bail!("{email} cannot sign in: {}", reply.status);
        }
        self.cookie = reply.cookies.join("; ");
        Ok(())
    }

    /// A page.
    pub(crate) fn get(&mut self, path: &str) -> Result<Reply> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: {}\r\n\r\n", self.cookie);
        self.ask(&head)
    }

    fn ask(&mut self, request: &str) -> Result<Reply> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|text| text.parse().ok()).context("no status")?;
        let (mut length, mut is_chunked, mut cookies) = (0_usize, false, Vec::new());
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => is_chunked = value == "chunked",
                "set-cookie" => cookies.push(value.split(';').next().unwrap_or_default().to_owned()),
                _ => {}
            }
        }
        let mut body = Vec::new();
        if !is_chunked {
            self.take(length, &mut body)?;
            return Ok(Reply { status, body, cookies });
        }
        loop {
            let size = usize::from_str_radix(self.line()?.trim(), 16)?;
            self.take(size, &mut body)?;
            self.line()?;
            if size == 0 {
                return Ok(Reply { status, body, cookies });
            }
        }
    }

    fn take(&mut self, n_bytes: usize, body: &mut Vec<u8>) -> Result<()> {
        let n_read = self.stream.by_ref().take(u64::try_from(n_bytes)?).read_to_end(body)?;
        if n_read < n_bytes {
            bail!("the answer was cut short");
        }
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the connection was closed");
        }
        Ok(line.trim_end().to_owned())
    }
}
